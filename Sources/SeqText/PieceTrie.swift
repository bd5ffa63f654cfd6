import Foundation

/// Ids of pieces found byte by byte: the longest, all prefixes, or exactly one.
///
/// Children of a node lie next to each other in breadth-first order, sorted by label, so that a
/// step is one short binary search. Matching allocates nothing.
struct PieceTrie: Sendable {
  static let root: Int32 = 0
  static let none: Int32 = -1

  // One entry a node; children of node n are firstChild[n] ..< firstChild[n] + childCount[n].
  private var labels: [UInt8] = [0]
  private var firstChild: [Int32] = [0]
  private var childCount: [Int32] = [0]
  private var values: [Int32] = [none]
  /// The root's children by label: most steps from the root, and most of all steps, end here.
  private var beginnings = [Int32](repeating: none, count: 256)

  /// Builds from pieces and their ids.
  ///
  /// Of equal pieces the first counts; empty pieces are legal.
  init(_ pieces: [(bytes: [UInt8], id: Int32)]) {
    let order = PieceTrie.order(pieces.map(\.bytes))
    // Nodes not yet expanded: the sorted pieces that share the node's prefix.
    var open: [(node: Int, range: Range<Int>, depth: Int)] = [(0, 0..<order.count, 0)]
    var head = 0
    while head < open.count {
      let (node, range, depth) = open[head]
      head += 1
      var low = range.lowerBound
      while low < range.upperBound, pieces[order[low]].bytes.count == depth {
        if values[node] == PieceTrie.none { values[node] = pieces[order[low]].id }
        low += 1
      }
      firstChild[node] = Int32(labels.count)
      while low < range.upperBound {
        let label = pieces[order[low]].bytes[depth]
        var high = low
        while high < range.upperBound, pieces[order[high]].bytes[depth] == label { high += 1 }
        open.append((labels.count, low..<high, depth + 1))
        labels.append(label)
        firstChild.append(0)
        childCount.append(0)
        values.append(PieceTrie.none)
        childCount[node] += 1
        low = high
      }
    }
    for child in firstChild[0]..<(firstChild[0] + childCount[0]) {
      beginnings[Int(labels[Int(child)])] = child
    }
  }

  /// Positions of pieces in the order of their bytes, of equal ones the first first.
  private static func order(_ pieces: [[UInt8]]) -> [Int] {
    // All bytes in one place: comparing counts what an array of arrays costs to reach into.
    var starts = [0]
    starts.reserveCapacity(pieces.count + 1)
    for piece in pieces { starts.append((starts.last ?? 0) + piece.count) }
    let all = pieces.flatMap { $0 }
    return all.withUnsafeBytes { all in
      pieces.indices.sorted { a, b in
        let left = UnsafeRawBufferPointer(rebasing: all[starts[a]..<starts[a + 1]])
        let right = UnsafeRawBufferPointer(rebasing: all[starts[b]..<starts[b + 1]])
        let shared = min(left.count, right.count)
        if shared > 0, let x = left.baseAddress, let y = right.baseAddress {
          let order = memcmp(x, y, shared)
          if order != 0 { return order < 0 }
        }
        return left.count != right.count ? left.count < right.count : a < b
      }
    }
  }

  /// The node one byte further, or ``none``.
  @inline(__always)
  func step(from node: Int32, by byte: UInt8) -> Int32 {
    if node == PieceTrie.root { return beginnings[Int(byte)] }
    var low = firstChild[Int(node)]
    var high = low + childCount[Int(node)]
    while low < high {
      let middle = (low + high) >> 1
      let label = labels[Int(middle)]
      if label == byte { return middle }
      if label < byte { low = middle + 1 } else { high = middle }
    }
    return PieceTrie.none
  }

  /// The id of the piece that ends at a node, or ``none``.
  @inline(__always)
  func value(at node: Int32) -> Int32 { values[Int(node)] }

  /// The node some bytes further, or ``none``; from ``none`` there is no way.
  @inline(__always)
  func node(from node: Int32 = root, by bytes: some Sequence<UInt8>) -> Int32 {
    var node = node
    for byte in bytes {
      if node == PieceTrie.none { return node }
      node = step(from: node, by: byte)
    }
    return node
  }

  /// The id of exactly these bytes, or ``none``.
  func id(of bytes: some Sequence<UInt8>) -> Int32 {
    let node = node(by: bytes)
    return node == PieceTrie.none ? node : value(at: node)
  }
}
