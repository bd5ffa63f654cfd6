import SeqModels
import SeqTensors
import SeqTestSupport
import SeqText
import Testing

/// What a loss on alignments is taken of, and what it does to a model.
@Suite struct GuidedAlignmentTests {
  private static let links = [AlignmentLink(source: 0, target: 0)]

  /// The weights are those that the model is seen to attend by, of the first head, however its decoder
  /// is computed; and asking for them changes nothing else.
  private func check(_ model: any EncoderDecoder) throws {
    var pairs = model.randomPairs(count: 5, seed: 3)
    let batch = { (pairs: [TokenBatch.Pair]) in
      TokenBatch(pairs, .standard)
    }
    let context = Context(mode: .training, store: model.store)
    defer { context.discardRecorded() }
    let plain = model.states(of: batch(pairs), in: context)
    let bytes = context.memory.bytesInUse
    for index in pairs.indices where !pairs[index].target.isEmpty {
      pairs[index].links = Self.links
    }
    let guided = model.states(of: batch(pairs), in: context)
    let guidedBytes = context.memory.bytesInUse - bytes
    #expect(largestDifference(plain.tensor.values, guided.tensor.values) == 0)
    if model.configuration.copying != nil {
      // Its pointer's weights are there anyway, and no others are computed.
      #expect(guidedBytes == bytes)
    }
    let seen = model.attention(of: batch(pairs), in: Context(mode: .inference))
    guard let weights = guided.weights else {
      #expect(seen.allSatisfy { $0.cross.isEmpty && $0.pointer == nil })
      return
    }
    let expected = seen.flatMap { pair -> [[Float]] in
      guard let pointer = pair.pointer else {
        return pair.cross[PairAttention.alignmentLayer(of: pair.cross.count)].rows(ofHead: 0)
      }
      return pointer.rows(ofHead: 0)
    }
    #expect(weights.rows.count == expected.count)
    for (found, expected) in zip(weights.rows, expected) {
      #expect(largestDifference(found, expected) < 1e-5)
    }
  }

  @Test(
    arguments: Variant.two + Variant.copying + Variant.documents.filter { $0.longInput.isToken })
  func transformers(variant: Variant) throws { try check(variant.model(seed: 7)) }

  @Test(arguments: RecurrentVariant.all)
  func recurrentModels(variant: RecurrentVariant) throws { try check(variant.model(seed: 7)) }

  @Test func placesAreThoseOfTheBatch() {
    let batch = TokenBatch(
      [
        TokenBatch.Pair(source: [4, 5, 2], target: [6, 7]),
        TokenBatch.Pair(
          source: [4, 2], target: [8],
          links: [AlignmentLink(source: 0, target: 0), AlignmentLink(source: 1, target: 0)]),
      ], .standard)
    #expect(batch.alignment == [[], [], [], [0, 1], []])
    let without = TokenBatch(
      [TokenBatch.Pair(source: [4, 2], target: [8])], .standard)
    #expect(without.alignment.isEmpty)
  }
}
