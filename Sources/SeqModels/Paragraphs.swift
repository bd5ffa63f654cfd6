internal import SeqTensors

/// The paragraphs of the sources of a batch: where they lie among the tokens, and which source each
/// belongs to.
///
/// An EOS ends a paragraph, so that ids say all; what stands behind the last one is a paragraph too.
struct Paragraphs {
  /// The tokens of the sources, a sequence a paragraph.
  let tokens: Sequences
  /// The paragraphs, a row each, a sequence a source; one without a token has none.
  let documents: Sequences
  /// For every token the row of its paragraph.
  let owners: [Int]

  /// Divides the ids of sources, which lie end to end, behind every `end`.
  init(of ids: [Int32], _ sources: Sequences, end: Int32) {
    var lengths: [Int] = []
    var counts: [Int] = []
    for source in 0..<sources.count {
      let before = lengths.count
      var length = 0
      for row in sources.offsets[source]..<sources.offsets[source + 1] {
        length += 1
        guard ids[row] == end else { continue }
        lengths.append(length)
        length = 0
      }
      if length > 0 { lengths.append(length) }
      counts.append(lengths.count - before)
    }
    tokens = Sequences(dividing: sources, into: lengths)
    // A source has no more paragraphs than tokens, so ids of its tokens do.
    documents = Sequences(lengths: counts, firstRowIDs: sources.firstRowIDs)
    owners = lengths.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
  }

  /// The maps of paragraphs, one for each source: those of its paragraphs along the diagonal, nothing
  /// beside it.
  func joined(_ maps: [AttentionMap]) -> [AttentionMap] {
    let headCount = maps.first?.headCount ?? 0
    return (0..<documents.count).map { source in
      let blocks = maps[documents.offsets[source]..<documents.offsets[source + 1]]
      let keyCount = blocks.reduce(0) { $0 + $1.keyCount }
      var weights: [Float] = []
      for head in 0..<headCount {
        var keysBefore = 0
        for block in blocks {
          for row in block.rows(ofHead: head) {
            weights += Array(repeating: 0, count: keysBefore)
            weights += row
            weights += Array(repeating: 0, count: keyCount - keysBefore - row.count)
          }
          keysBefore += block.keyCount
        }
      }
      return AttentionMap(
        headCount: headCount, queryCount: blocks.reduce(0) { $0 + $1.queryCount },
        keyCount: keyCount, weights: weights)
    }
  }
}
