import SeqDecoding
import SeqModels
import SeqOptimizers
import SeqTensors
import SeqText
import SeqTestSupport
import Testing

/// Models that copy words which the vocabulary lacks.
@Suite struct CopyingModelTests {
  private static let vocabulary: Int32 = 24
  private static let families: [ModelConfiguration] = [
    .recurrent(
      RecurrentConfiguration(
        embeddingSize: 24, hiddenSize: 32, attention: nil, dropout: 0,
        copying: CopyingConfiguration(coverage: true))),
    .recurrent(
      RecurrentConfiguration(
        cell: .gru, embeddingSize: 24, hiddenSize: 32,
        attention: .init(score: .general, placement: .before), dropout: 0,
        copying: CopyingConfiguration())),
    .transformer(
      TransformerConfiguration(
        encoderLayerCount: 1, decoderLayerCount: 1, embeddingSize: 32, feedForwardSize: 64,
        headCount: 2, dropout: 0, copying: CopyingConfiguration(size: 16, coverage: true))),
  ]

  private func model(_ configuration: ModelConfiguration, seed: UInt64 = 1) -> any EncoderDecoder {
    let count = Int(Self.vocabulary)
    return configuration.model(
      vocabularies: VocabularySizes(source: count, target: count), seed: seed)
  }

  /// `filler… 4 NAME filler…` is answered by `5 NAME NAME`, whatever the name's number; the fillers
  /// have words of their own, so that names have all numbers.
  private func pairs(count: Int, seed: UInt64) -> [TokenBatch.Pair] {
    var random = CountedRandom(seed)
    return (0..<count).map { _ in
      var next = Self.vocabulary
      func filler() -> [Int32] {
        (0..<Int.random(in: 0...4, using: &random)).map { _ in
          guard Int.random(in: 0..<3, using: &random) == 0 else {
            return Int32.random(in: 6..<Self.vocabulary, using: &random)
          }
          next += 1
          return next - 1
        }
      }
      let before = filler()
      let name = next
      next += 1
      return TokenBatch.Pair(
        source: before + [4, name] + filler() + [SpecialTokens.standard.end],
        target: [5, name, name])
    }
  }

  /// Words never seen, told apart by their numbers alone, come out as they should, by greedy search
  /// and by a beam, in a batch and each alone.
  @Test(arguments: families)
  func namesAreCopied(configuration: ModelConfiguration) throws {
    let model = model(configuration)
    let workers = Workers(model, count: 2)
    let optimizer = Adam(OptimizerConfiguration(), store: model.store)
    for step in 1...220 {
      let batch = pairs(count: 48, seed: UInt64(step))
      _ = try workers.sums(of: TokenBatch.numberingRows(batch))
      _ = try workers.update(
        with: optimizer, tokenCount: targetTokenCount(batch), rate: 5e-3)
    }
    let unseen = pairs(count: 60, seed: 1 << 40)
    #expect(Set(unseen.map { $0.target[1] }).count >= 3)
    let pool = ComputePool(workerCount: 2, store: model.store)
    for beamSize in [1, 4] {
      let translator = try Translator(
        model, options: SearchOptions(beamSize: beamSize, maximumLength: 8), pool: pool)
      let found = try translator(unseen.map(\.source))
      let right = zip(found, unseen).filter { $0.best.tokens == $1.target }.count
      #expect(right >= 54, "beam \(beamSize): \(right) of \(unseen.count)")
      for (index, pair) in unseen.prefix(5).enumerated() {
        let alone = try translator([pair.source])[0]
        #expect(alone.best.tokens == found[index].best.tokens)
        #expect(abs(alone.best.logProbability - found[index].best.logProbability) < 1e-3)
      }
    }
  }

  /// What search says of its words, teacher forcing says too, and so does an ensemble of one model
  /// twice.
  @Test(arguments: families)
  func scoresAgree(configuration: ModelConfiguration) throws {
    let model = model(configuration, seed: 4)
    model.scatterParameters(seed: 5, deviation: 0.4)
    // Generating is not trusted much.
    for parameter in model.store.parameters where parameter.name == "pointer.gate.bias" {
      parameter.assign([-12])
    }
    let sources = pairs(count: 12, seed: 9).map(\.source)
    let pool = ComputePool(workerCount: 2, store: model.store)
    let options = SearchOptions(
      beamSize: 3, lengthNormalization: .none, minimumLength: 4, maximumLength: 9)
    let found = try Translator(model, options: options, pool: pool)(sources)
    #expect(found.contains { $0.best.tokens.contains { $0 >= Self.vocabulary } })
    let scores = try Scorer(model, pool: pool)(
      zip(sources, found).map { TokenBatch.Pair(source: $0, target: $1.best.tokens) })
    for (result, tokens) in zip(found, scores) where result.best.stopReason == .endToken {
      #expect(abs(result.best.logProbability - Double(tokens.reduce(0, +))) < 1e-3)
    }
    let ensemble = try Translator(ModelEnsemble([model, model]), options: options, pool: pool)(
      sources)
    for (one, both) in zip(found, ensemble) { #expect(one.best.tokens == both.best.tokens) }
  }

  /// Samples are drawn from words of the source too, and minimum lengths, which need whole rows, hold.
  @Test func sampledWordsAreCopied() throws {
    let model = model(Self.families[0], seed: 4)
    let search = try Sampling(
      SamplingOptions(sampleCount: 40, minimumLength: LengthLimit(constant: 3), maximumLength: 6))
    let source: [Int32] = [4, Self.vocabulary, Self.vocabulary + 1, SpecialTokens.standard.end]
    let samples = try search(
      [SearchRequest(source)], with: model.steps(in: Context(mode: .inference)), progress: nil)
    let tokens = samples[0].hypotheses.flatMap(\.tokens)
    #expect(tokens.contains(Self.vocabulary) && tokens.contains(Self.vocabulary + 1))
    #expect(tokens.allSatisfy { $0 < Self.vocabulary + 2 })
    #expect(samples[0].hypotheses.allSatisfy { $0.tokens.count >= 3 })
  }

  @Test func vocabulariesMustBeOne() {
    for configuration in Self.families {
      let problems = configuration.problems(vocabularies: VocabularySizes(source: 9, target: 8))
      #expect(problems.contains { $0.contains("copying needs one vocabulary") })
    }
    var configuration = RecurrentConfiguration()
    configuration.copying = CopyingConfiguration(size: 0, coverageWeight: .nan)
    let problems = configuration.problems(vocabularies: VocabularySizes(source: 9, target: 9))
    #expect(problems.count == 2)
  }

  @Test func parametersAreCounted() {
    for configuration in Self.families {
      let model = model(configuration)
      #expect(
        configuration.parameterCount(vocabularies: model.vocabularies)
          == Double(model.store.valueCount))
    }
  }
}
