/// Which pairs of tokens merge, at which rank, and into what: an open-addressing table, because a
/// look-up a pair is most of what byte-pair encoding does.
struct MergeTable: Sendable {
  struct Merge: Sendable {
    var rank: Int32
    var result: Int32
  }

  private struct Entry: Sendable {
    var pair: UInt64
    var merge: Merge
  }

  private static let empty = UInt64.max
  private let entries: [Entry]
  private let mask: Int

  /// A table of pairs in the order of their ranks; of equal pairs the last counts.
  ///
  /// - Precondition: ids are not negative.
  init(_ merges: [(left: Int32, right: Int32, result: Int32)]) {
    var capacity = 16
    while capacity < 2 * merges.count { capacity *= 2 }
    mask = capacity - 1
    var entries = [Entry](
      repeating: Entry(pair: MergeTable.empty, merge: Merge(rank: 0, result: 0)), count: capacity)
    for (rank, merge) in merges.enumerated() {
      let pair = MergeTable.pair(merge.left, merge.right)
      var slot = MergeTable.hash(pair) & mask
      while entries[slot].pair != MergeTable.empty, entries[slot].pair != pair {
        slot = (slot + 1) & mask
      }
      entries[slot] = Entry(pair: pair, merge: Merge(rank: Int32(rank), result: merge.result))
    }
    self.entries = entries
  }

  /// What two neighbours become, nil when they stay two.
  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge? {
    let pair = MergeTable.pair(left, right)
    return entries.withUnsafeBufferPointer { entries in
      var slot = MergeTable.hash(pair) & mask
      while true {
        let entry = entries[slot]
        if entry.pair == pair { return entry.merge }
        if entry.pair == MergeTable.empty { return nil }
        slot = (slot + 1) & mask
      }
    }
  }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private static func hash(_ pair: UInt64) -> Int {
    // Fibonacci hashing: the upper bits of a product with 2⁶⁴ / φ.
    Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 20)
  }
}
