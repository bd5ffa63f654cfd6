import Foundation

/// All segmentations of a text into the pieces of a unigram language model.
///
/// A character that is no piece of its own may be unknown, at a score ten below the lowest.
///
/// - SeeAlso: Kudo 2018, arXiv:1804.10959.
package struct UnigramLattice {
  /// One piece at one place.
  private struct Node {
    var start: Int
    var end: Int
    var id: Int32
    var score: Float
  }

  private static let unknownPenalty: Float = 10

  private let table: PieceTable
  private let text: [UInt8]
  /// In the order of their starts, then of their lengths.
  private var nodes: [Node] = []

  package init(_ text: SegmentationText, table: PieceTable) {
    self.table = table
    self.text = text.bytes
    var start = 0
    while start < self.text.count {
      let length = min(announcedLength(self.text[start]), self.text.count - start)
      addPieces(from: start, characterLength: length)
      start += length
    }
  }

  private mutating func addPieces(from start: Int, characterLength: Int) {
    var hasCharacter = false
    var node = PieceTrie.root
    var end = start
    while end < text.count {
      node = table.trie.step(from: node, by: text[end])
      if node == PieceTrie.none { break }
      end += 1
      let id = table.trie.value(at: node)
      if id == PieceTrie.none { continue }
      nodes.append(Node(start: start, end: end, id: id, score: table.scores[Int(id)]))
      if end == start + characterLength { hasCharacter = true }
    }
    if !hasCharacter {
      nodes.append(
        Node(
          start: start, end: start + characterLength, id: table.unknown,
          score: table.lowestScore - UnigramLattice.unknownPenalty))
    }
  }

  /// The segmentation of the highest summed score.
  ///
  /// Of equal ones the one whose pieces start first wins.
  package func bestIDs() -> [Int32] {
    var scores = [Float](repeating: 0, count: text.count + 1)
    var arrivals = [Int](repeating: -1, count: text.count + 1)
    for (index, node) in nodes.enumerated() {
      // Which of "!" + "!!" and "!!" + "!" wins is a matter of rounding: SentencePiece sums in
      // double precision from left to right, compares in double and keeps in single.
      let score = Double(node.score) + Double(scores[node.start])
      if arrivals[node.end] < 0 || score > Double(scores[node.end]) {
        scores[node.end] = Float(score)
        arrivals[node.end] = index
      }
    }
    return ids { arrivals[$0] }
  }

  /// A segmentation drawn with probability proportional to exp(alpha · summed score): sums forward
  /// over all segmentations, then draws backward from the end.
  package func sampledIDs(alpha: Double, key: UInt64) -> [Int32] {
    // logSums[p] = log Σ exp(alpha · score) over the segmentations of the first p bytes.
    var logSums = [Double](repeating: -.infinity, count: text.count + 1)
    // The nodes that end at a position, as a linked list.
    var lastEnding = [Int](repeating: -1, count: text.count + 1)
    var previousEnding = [Int](repeating: -1, count: nodes.count)
    logSums[0] = 0
    for (index, node) in nodes.enumerated() {
      let sum = logSums[node.start] + alpha * Double(node.score)
      logSums[node.end] = UnigramLattice.logSumOfExponentials(logSums[node.end], sum)
      previousEnding[index] = lastEnding[node.end]
      lastEnding[node.end] = index
    }
    let draws = CountedDraws(key: key)
    return ids { end in
      // Counted by the position, so a draw does not depend on how many came before.
      var remaining = draws.uniform(at: UInt64(end))
      var index = lastEnding[end]
      while previousEnding[index] >= 0 {
        let node = nodes[index]
        remaining -= exp(logSums[node.start] + alpha * Double(node.score) - logSums[end])
        if remaining < 0 { break }
        index = previousEnding[index]
      }
      return index
    }
  }

  /// Follows the nodes from the end of the text to its start and gives their ids in reading order.
  private func ids(arrivingBy arrival: (Int) -> Int) -> [Int32] {
    var path: [Int] = []
    var end = text.count
    while end > 0 {
      let index = arrival(end)
      path.append(index)
      end = nodes[index].start
    }
    var ids: [Int32] = []
    ids.reserveCapacity(path.count)
    for index in path.reversed() {
      let node = nodes[index]
      if node.id == table.unknown {
        table.appendUnknown(text[node.start..<node.end], to: &ids)
      } else {
        ids.append(node.id)
      }
    }
    return ids
  }

  private static func logSumOfExponentials(_ a: Double, _ b: Double) -> Double {
    let larger = max(a, b)
    return larger == -.infinity ? larger : larger + log1p(exp(min(a, b) - larger))
  }
}
