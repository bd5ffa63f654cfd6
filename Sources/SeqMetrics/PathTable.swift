/// A trie kept in one hash table: numbers every path of symbols that has been walked.
///
/// The same structure numbers tokens (paths of bytes) and n-grams (paths of tokens), so equality
/// is exact, never a matter of equal hashes, and no key is ever copied. Nodes are numbered from 1
/// in order of first visit; 0 is the root. A step costs one probe on average.
struct PathTable {
  /// The number of nodes, the root included.
  private(set) var nodeCount = 1

  /// `parent << 32 | symbol` of the node in each slot; `nodes` is 0 where a slot is free.
  private var keys: [UInt64]
  private var nodes: [Int32]

  init() {
    keys = [UInt64](repeating: 0, count: 256)
    nodes = [Int32](repeating: 0, count: 256)
  }

  /// The node one step from `parent`, nil if no path has led there.
  func child(of parent: Int32, by symbol: Int32) -> Int32? {
    let node = nodes[slot(of: Self.key(parent, symbol))]
    return node == 0 ? nil : node
  }

  /// The node one step from `parent`, made if it does not exist.
  mutating func addChild(of parent: Int32, by symbol: Int32) -> Int32 {
    let key = Self.key(parent, symbol)
    let slot = slot(of: key)
    if nodes[slot] != 0 { return nodes[slot] }
    let node = Int32(nodeCount)
    nodeCount += 1
    keys[slot] = key
    nodes[slot] = node
    if nodeCount > nodes.count / 2 { grow() }
    return node
  }

  private static func key(_ parent: Int32, _ symbol: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: parent)) << 32 | UInt64(UInt32(bitPattern: symbol))
  }

  /// The slot that holds `key` or would.
  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    let mask = nodes.count - 1
    // Multiplication by 2⁶⁴/φ spreads the key over the high bits (Knuth, volume 3, §6.4).
    let hash = key &* 0x9E37_79B9_7F4A_7C15
    var slot = Int(truncatingIfNeeded: hash >> 32) & mask
    while nodes[slot] != 0 && keys[slot] != key { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let (oldKeys, oldNodes) = (keys, nodes)
    keys = [UInt64](repeating: 0, count: oldKeys.count * 2)
    nodes = [Int32](repeating: 0, count: oldNodes.count * 2)
    for (key, node) in zip(oldKeys, oldNodes) where node != 0 {
      let slot = slot(of: key)
      keys[slot] = key
      nodes[slot] = node
    }
  }
}
