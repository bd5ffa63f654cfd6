import SeqLayers
import SeqTensors
import Testing

/// Steps of decoding over a cache in pages, against attention over whole sequences.
@Suite struct KeyValueCacheTests {
  /// Self-attention and what its hypotheses have read.
  private struct Search {
    let attention: SelfAttention
    let size: Int
    let context = Context(mode: .inference)
    var cache = KeyValueCache()
    var history: DecodingHistory
    /// Of every hypothesis, row after row.
    var inputs: [[Float]]

    init(_ attention: SelfAttention, size: Int, rowCount: Int) {
      self.attention = attention
      self.size = size
      history = DecodingHistory(rowCount: rowCount)
      inputs = Array(repeating: [], count: rowCount)
    }

    /// One step on drawn rows, and what the whole sequences say of their last tokens.
    mutating func step(_ random: inout CountedRandom) -> (step: [Float], whole: [Float]) {
      let rows = inputs.map { _ in (0..<size).map { _ in Float.random(in: -1...1, using: &random) }
      }
      for (index, row) in rows.enumerated() { inputs[index] += row }
      let found = attention.step(
        context.tensor(rows.flatMap { $0 }, shape: [rows.count, size]), cache: &cache,
        history: history,
        relative: attention.relative(in: context))
      history.advance()
      let lengths = inputs.map { $0.count / size }
      let whole = attention(
        context.tensor(inputs.flatMap { $0 }, shape: [lengths.reduce(0, +), size]).divided(
          into: Sequences(lengths: lengths)), mask: .causal
      ).values
      var end = 0
      let last = lengths.flatMap { length in
        end += length
        return whole[(end - 1) * size..<end * size]
      }
      return (found.values, last)
    }

    mutating func reorder(_ rows: [Int]) {
      inputs = rows.map { inputs[$0] }
      cache.divide(history.reorder(rows))
    }
  }

  private func expectEqual(_ found: (step: [Float], whole: [Float]), _ what: String) {
    #expect(found.step.count == found.whole.count, "\(what)")
    let worst = zip(found.step, found.whole).map { abs($0 - $1) }.max() ?? 0
    #expect(worst < 1e-5, "\(what)")
  }

  private func attention(heads: AttentionHeads, size: Int, isDisentangled: Bool = false)
    -> SelfAttention
  {
    let store = ParameterStore(seed: 11)
    let positions: AttentionPositions =
      isDisentangled
      ? .disentangled(
        DisentangledPositions(
          in: store.root["positions"],
          table: store.root.parameter("table", [16, size], .normal(deviation: 1)),
          columns: size))
      : .none
    return SelfAttention(
      in: store.root["attention"], size: size, heads: heads, dropout: 0, positions: positions)
  }

  @Test(
    "hypotheses that end, go on and divide at random see their own past, page after page",
    arguments: [(1, 16), (2, 32), (3, 8), (2, 64), (1, 5)])
  func reordering(headCount: Int, headSize: Int) {
    let size = headCount * headSize
    var search = Search(
      attention(heads: AttentionHeads(count: headCount, size: headSize), size: size), size: size,
      rowCount: 2)
    var random = CountedRandom(UInt64(headSize))
    for step in 0..<52 {
      expectEqual(search.step(&random), "step \(step), \(headCount) heads of \(headSize)")
      // Sometimes all stay, sometimes they become fewer or more, in any order.
      guard Int.random(in: 0..<3, using: &random) > 0 else { continue }
      let count = Int.random(in: 1...6, using: &random)
      search.reorder(
        (0..<count).map { _ in Int.random(in: 0..<search.inputs.count, using: &random) })
    }
  }

  @Test("positions that look at keys find them in their pages")
  func disentangled() {
    var search = Search(
      attention(heads: AttentionHeads(count: 2, size: 8), size: 16, isDisentangled: true), size: 16,
      rowCount: 3)
    var random = CountedRandom(5)
    for step in 0..<36 {
      expectEqual(search.step(&random), "step \(step)")
      if step % 5 == 4 { search.reorder([2, 0, 0]) }
    }
  }

  @Test("a copy of a cache goes its own way", arguments: [3, 15, 16, 20])
  func copies(steps: Int) {
    var search = Search(
      attention(heads: AttentionHeads(count: 2, size: 16), size: 32), size: 32, rowCount: 2)
    var random = CountedRandom(7)
    for _ in 0..<steps { _ = search.step(&random) }
    var other = search
    other.reorder([1, 1, 0])
    for step in 0..<20 {
      expectEqual(search.step(&random), "the original, step \(step)")
      expectEqual(other.step(&random), "the copy, step \(step)")
    }
  }
}
