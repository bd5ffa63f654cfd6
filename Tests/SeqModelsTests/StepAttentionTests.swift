import SeqDecoding
import SeqModels
import SeqTensors
import SeqText
import SeqTestSupport
import Testing

/// What a step says it attended to, against the same under teacher forcing.
@Suite struct StepAttentionTests {
  private func check(_ model: some EncoderDecoder) throws {
    let pairs = TokenBatch.numberingRows(
      zip(
        model.randomSentences(
          count: 5, lengths: 1...12, endToken: SpecialTokens.standard.end, seed: 3),
        model.randomSentences(count: 5, lengths: 6...6, seed: 4)
      ).map { TokenBatch.Pair(source: $0, target: $1) })
    let batch = TokenBatch(pairs, .standard)
    let expected = model.attention(of: batch, in: Context(mode: .inference)).map { pair in
      if let pointer = pair.pointer { return pointer.meanRows }
      return pair.cross.isEmpty
        ? [] : pair.cross[PairAttention.alignmentLayer(of: pair.cross.count)].meanRows
    }
    let steps = model.steps(in: Context(mode: .inference))
    #expect(steps.givesAttention == !expected[0].isEmpty)
    guard steps.givesAttention else { return }
    // Two rows a sentence after the first step, as a beam has them, and then the second of them.
    var state = try steps.start(sources: pairs.map(\.source))
    let length = 6
    for position in 0...length {
      let rowsPerSentence = position == 0 || position == length ? 1 : 2
      if position == 1 {
        steps.reorder(&state, rows: pairs.indices.flatMap { [$0, $0] })
      } else if position == length {
        steps.reorder(&state, rows: pairs.indices.map { 2 * $0 + 1 })
      }
      let rows = pairs.indices.flatMap { Array(repeating: $0, count: rowsPerSentence) }
      let tokens = rows.map {
        position == 0 ? SpecialTokens.standard.beginning : pairs[$0].target[position - 1]
      }
      let scores = try steps.step(tokens, state: &state, StepRequest(attention: true))
      #expect(scores.attention.count == rows.count)
      for (row, sentence) in rows.enumerated() {
        #expect(
          largestDifference(scores.attention[row], expected[sentence][position]) < 1e-5,
          "position \(position), row \(row)")
      }
    }
  }

  @Test(
    arguments: Variant.two + Variant.copying
      + (Variant.long + Variant.documents).filter { $0.longInput.isToken })
  func transformers(variant: Variant) throws { try check(variant.model(seed: 8)) }

  @Test(arguments: RecurrentVariant.all)
  func recurrentModels(variant: RecurrentVariant) throws { try check(variant.model(seed: 8)) }

  @Test func nobodyAsksAndNothingComes() throws {
    let steps = Variant.all[0].model(seed: 1).steps(in: Context(mode: .inference))
    var state = try steps.start(sources: [[4, 5, 2]])
    let scores = try steps.step([SpecialTokens.standard.beginning], state: &state, StepRequest())
    #expect(scores.attention.isEmpty)
  }
}
