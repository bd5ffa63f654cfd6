import SeqDecoding
import SeqModels
import SeqOptimizers
import SeqTensors
import SeqText
import Testing

/// The parts together learn.
@Suite struct LearningTests {
  private func configuration(_ variant: Variant, size: Int, layerCount: Int)
    -> TransformerConfiguration
  {
    TransformerConfiguration(
      encoderLayerCount: layerCount, decoderLayerCount: layerCount, embeddingSize: size,
      feedForwardSize: 2 * size, headCount: 4, dropout: 0, positions: variant.positions,
      maxPositions: Variant.maxPositions, documentLayerCount: variant.documentLayerCount,
      norm: variant.norm, activation: variant.activation,
      tying: variant.tying, outputBias: variant.outputBias)
  }

  /// One batch by heart.
  @Test(arguments: Variant.all)
  func overfitsOneBatch(variant: Variant) throws {
    let model = Transformer(
      configuration(variant, size: 32, layerCount: 2),
      vocabularies: VocabularySizes(source: 20, target: 20), seed: 1)
    let pairs = model.randomPairs(count: 8, seed: 2)
    let workers = Workers(model, count: 2)
    let optimizer = Adam(OptimizerConfiguration(), store: model.store)
    let schedule = ScheduleConfiguration(
      type: .inverseSquareRoot, peakRate: 4e-3, warmupSteps: 20)
    let tokenCount = targetTokenCount(pairs)
    let first = try workers.sums(of: pairs).loss / Double(tokenCount)
    _ = try workers.takeGradients()
    var last = first
    for step in 1...300 where last > 0.01 {
      last = try workers.sums(of: pairs).loss / Double(tokenCount)
      _ = try workers.update(
        with: optimizer, tokenCount: tokenCount, rate: schedule.rate(at: step))
    }
    #expect(first > 2)
    #expect(last <= 0.01)
    // And it says what it learned.
    let search = try BeamSearch(SearchOptions(beamSize: 1, maximumLength: 20))
    let results = try search(
      pairs.map(\.source), with: model.steps(in: Context(mode: .inference)))
    #expect(results.map(\.best.tokens) == pairs.map(\.target))
  }

  /// Sentences never seen come back reversed, all of them.
  @Test func reverses() throws {
    let model = Transformer(
      configuration(
        Variant(
          norm: .pre, positions: .learned, tying: .all, activation: .relu, outputBias: false),
        size: 64, layerCount: 1),
      vocabularies: VocabularySizes(source: 12, target: 12), seed: 3)
    func pairs(count: Int, seed: UInt64) -> [TokenBatch.Pair] {
      TokenBatch.numberingRows(
        model.randomSentences(count: count, lengths: 1...8, seed: seed).map {
          TokenBatch.Pair(source: $0 + [SpecialTokens.standard.end], target: $0.reversed())
        })
    }
    let workers = Workers(model, count: 2)
    let optimizer = Adam(OptimizerConfiguration(), store: model.store)
    let stepCount = 1200
    let schedule = ScheduleConfiguration(type: .cosine, peakRate: 4e-3, warmupSteps: 50)
    for step in 1...stepCount {
      let batch = pairs(count: 64, seed: UInt64(step))
      _ = try workers.sums(of: batch)
      _ = try workers.update(
        with: optimizer, tokenCount: targetTokenCount(batch),
        rate: schedule.rate(at: step, lastStep: stepCount))
    }
    let unseen = pairs(count: 200, seed: 1_000_000)
    for beamSize in [1, 4] {
      let search = try BeamSearch(SearchOptions(beamSize: beamSize, maximumLength: 12))
      let results = try search(
        unseen.map(\.source), with: model.steps(in: Context(mode: .inference)))
      let correct = zip(results, unseen).count { $0.best.tokens == $1.target }
      #expect(correct == unseen.count, "beam \(beamSize)")
    }
  }
}
