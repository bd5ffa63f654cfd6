/// A random order of 0 ..< count that is computed, not stored.
///
/// A balanced Feistel network permutes the smallest power of four not below the count; results
/// outside the range are sent through again until they fall inside, fewer than four times on
/// average. Each position costs about a tenth of a microsecond and no memory.
///
/// - SeeAlso: Black, Rogaway 2002, "Ciphers with arbitrary finite domains" (cycle walking).
package struct IndexPermutation: Sendable {
  private static let roundCount = 6

  package let count: Int
  private let draws: CountedDraws
  private let halfBits: Int

  package init(count: Int, key: UInt64) {
    self.count = count
    draws = CountedDraws(key: key)
    let bits = Int.bitWidth - max(count - 1, 1).leadingZeroBitCount
    halfBits = (bits + 1) / 2
  }

  /// What stands at a position in the random order.
  package subscript(position: Int) -> Int {
    guard position >= 0 && position < count else {
      fatalError("permutation: position \(position), count \(count)")
    }
    var value = UInt64(position)
    repeat { value = mixed(value) } while value >= UInt64(count)
    return Int(value)
  }

  private func mixed(_ value: UInt64) -> UInt64 {
    let mask = (UInt64(1) << halfBits) - 1
    var left = value >> halfBits
    var right = value & mask
    for round in 0..<IndexPermutation.roundCount {
      // The high bits of a draw; the round's number lies above any half.
      let noise = draws.bits(at: UInt64(round) << 32 | right) >> (64 - halfBits)
      (left, right) = (right, left ^ noise)
    }
    return left << halfBits | right
  }
}
