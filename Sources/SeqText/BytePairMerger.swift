/// Segments text by merging pairs of neighbours, best score first.
///
/// Without dropout this is SentencePiece's BPE encoding. With dropout every possible merge is
/// passed over with that probability, anew before each merge, and a word is finished when all of
/// its merges have been passed over in one round.
///
/// - SeeAlso: Provilkov, Emelianenko, Voita 2020, arXiv:1910.13267, algorithm 1.
package struct BytePairMerger {
  /// A run of text; neighbours are linked, a symbol merged into its left neighbour has length 0.
  private struct Symbol {
    var start: Int
    var length: Int
    var previous: Int
    var next: Int
    /// Where the run's bytes lead in the trie, so that a neighbour's need not start anew.
    var node: Int32
  }

  /// Two neighbours that make a piece.
  private struct Merge: HeapOrdered {
    var score: Float
    var left: Int
    var right: Int
    var length: Int
    var node: Int32

    /// The better score first, then the one further left.
    @inline(__always)
    func precedes(_ other: Merge) -> Bool {
      score != other.score ? score > other.score : left < other.left
    }
  }

  private let table: PieceTable
  private let text: [UInt8]
  private let dropout: Double
  private let draws: CountedDraws
  private var drawCount: UInt64 = 0
  private var symbols: [Symbol] = []
  private var heap = BestFirstHeap<Merge>()
  private var passedOver: [Merge] = []

  private init(_ text: [UInt8], table: PieceTable, dropout: Double, key: UInt64) {
    self.table = table
    self.text = text
    self.dropout = dropout
    draws = CountedDraws(key: key)
  }

  /// The ids of a text prepared for segmentation.
  ///
  /// Cost n log n in the length of the longest word, times 1 / (1 − dropout).
  package static func ids(
    of text: SegmentationText, table: PieceTable, dropout: Double = 0, key: UInt64 = 0
  ) -> [Int32] {
    var merger = BytePairMerger(text.bytes, table: table, dropout: dropout, key: key)
    var ids: [Int32] = []
    ids.reserveCapacity(text.bytes.count / 3)
    var start = 0
    while start < text.bytes.count {
      start = merger.split(from: start)
      merger.merge()
      merger.append(to: &ids)
    }
    return ids
  }

  /// Fills the symbols with the characters of the next word and gives its end.
  private mutating func split(from start: Int) -> Int {
    symbols.removeAll(keepingCapacity: true)
    var end = start
    while end < text.count {
      if end > start, table.spacesBeginPieces, isSpace(at: end) { break }
      let length = min(announcedLength(text[end]), text.count - end)
      let node = table.trie.node(by: text[end..<(end + length)])
      symbols.append(
        Symbol(
          start: end, length: length, previous: symbols.count - 1, next: symbols.count + 1,
          node: node))
      end += length
    }
    symbols[symbols.count - 1].next = -1
    return end
  }

  private mutating func merge() {
    heap.removeAll()
    for right in symbols.indices.dropFirst() { push(right - 1, right) }
    while let merge = nextMerge() {
      symbols[merge.left].length = merge.length
      symbols[merge.left].node = merge.node
      let next = symbols[merge.right].next
      symbols[merge.right].length = 0
      symbols[merge.left].next = next
      if next >= 0 { symbols[next].previous = merge.left }
      push(symbols[merge.left].previous, merge.left)
      push(merge.left, next)
    }
  }

  /// The best merge that is still possible and not passed over, nil when there is none.
  private mutating func nextMerge() -> Merge? {
    passedOver.removeAll(keepingCapacity: true)
    var chosen: Merge?
    while chosen == nil, let merge = heap.pop() {
      let left = symbols[merge.left].length
      let right = symbols[merge.right].length
      // An earlier merge has taken one of the two.
      if left == 0 || right == 0 || left + right != merge.length { continue }
      if dropout > 0 {
        drawCount += 1
        if draws.uniform(at: drawCount) < dropout {
          passedOver.append(merge)
          continue
        }
      }
      chosen = merge
    }
    if chosen != nil { for merge in passedOver { heap.push(merge) } }
    return chosen
  }

  private func append(to ids: inout [Int32]) {
    var index = 0
    while index >= 0 {
      let symbol = symbols[index]
      let id = symbol.node == PieceTrie.none ? symbol.node : table.trie.value(at: symbol.node)
      if id != PieceTrie.none {
        ids.append(id)
      } else {
        table.appendUnknown(text[symbol.start..<(symbol.start + symbol.length)], to: &ids)
      }
      index = symbol.next
    }
  }

  private mutating func push(_ left: Int, _ right: Int) {
    if left < 0 || right < 0 { return }
    let symbol = symbols[right]
    let node = table.trie.node(
      from: symbols[left].node, by: text[symbol.start..<(symbol.start + symbol.length)])
    if node == PieceTrie.none { return }
    let id = table.trie.value(at: node)
    if id == PieceTrie.none { return }
    heap.push(
      Merge(
        score: table.scores[Int(id)], left: left, right: right,
        length: symbols[left].length + symbol.length, node: node))
  }

  private func isSpace(at index: Int) -> Bool {
    index + 2 < text.count && text[index] == 0xE2 && text[index + 1] == 0x96
      && text[index + 2] == 0x81
  }
}
