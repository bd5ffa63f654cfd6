import SeqKernels
import SeqModels
import SeqOptimizers
import SeqTensors
import SeqText
import SeqTraining
import Testing

/// A small model, some pairs to learn by heart, and a regime to learn them by.
final class Lesson {
  /// The kinds of decoders: all positions at once, step by step, and step by step with attention in
  /// the cell.
  enum Learner: CaseIterable {
    case transformer, lstm, gru
  }

  let model: any EncoderDecoder
  let regime: any TrainingRegime
  let pairs: [TokenBatch.Pair]
  let pool: ComputePool
  let optimizer: any Optimizer
  private let buffers: [GradientBuffer]
  private let ownBuffers: [GradientBuffer]
  private(set) var step = 0

  static let vocabularySize = 20

  init(
    _ configuration: RegimeConfiguration, _ learner: Learner = .transformer, dropout: Double = 0,
    pairCount: Int = 8, pairs: [TokenBatch.Pair]? = nil, precision: Precision = .float32
  ) throws {
    model = Self.model(learner, dropout: dropout)
    regime = configuration.regime(for: model, seed: 3) {
      $0.map { $0 == SpecialTokens.standard.unknown ? "⁇" : String($0) }.joined(separator: " ")
    }
    self.pairs = pairs ?? Self.pairs(count: pairCount)
    pool = ComputePool(
      workerCount: 1, store: model.store, auxiliaryStore: regime.ownStore,
      trainingPrecision: precision)
    optimizer = OptimizerConfiguration().optimizer(for: model.store)
    buffers = try pool.run { _, contexts in GradientBuffer(contexts.training.gradients) }
    ownBuffers = try pool.run { _, contexts in
      contexts.training.auxiliaryGradients.map { GradientBuffer($0) }
    }.compactMap { $0 }
  }

  static func model(_ learner: Learner, dropout: Double) -> any EncoderDecoder {
    let vocabularies = VocabularySizes(source: vocabularySize, target: vocabularySize)
    func recurrent(_ cell: RecurrentCell, _ attention: RecurrentAttentionConfiguration)
      -> any EncoderDecoder
    {
      RecurrentModel(
        RecurrentConfiguration(
          cell: cell, embeddingSize: 24, hiddenSize: 32, attention: attention, dropout: dropout),
        vocabularies: vocabularies, seed: 1)
    }
    return switch learner {
    case .transformer:
      Transformer(
        TransformerConfiguration(
          encoderLayerCount: 1, decoderLayerCount: 1, embeddingSize: 32, feedForwardSize: 64,
          headCount: 2, dropout: dropout, tying: .none, outputBias: true),
        vocabularies: vocabularies, seed: 1)
    case .lstm: recurrent(.lstm, .init(score: .general, placement: .after))
    case .gru: recurrent(.gru, .init(score: .additive, placement: .before))
    }
  }

  /// Sentences without special tokens, and others to be said for them.
  static func pairs(count: Int) -> [TokenBatch.Pair] {
    var random = CountedRandom(5)
    func sentence(_ lengths: ClosedRange<Int>) -> [Int32] {
      (0..<Int.random(in: lengths, using: &random)).map { _ in
        Int32.random(in: 4..<Int32(vocabularySize), using: &random)
      }
    }
    return TokenBatch.numberingRows(
      (0..<count).map { _ in
        TokenBatch.Pair(
          source: sentence(2...7) + [SpecialTokens.standard.end], target: sentence(3...8))
      })
  }

  var targetTokenCount: Int { pairs.reduce(0) { $0 + $1.target.count + 1 } }

  /// Forward and back over the pairs, cut as told, without an update.
  func learn(
    slices: [[TokenBatch.Pair]]? = nil, moment: TrainingMoment? = nil, key: UInt64? = nil,
    labelSmoothing: Double = 0
  ) throws -> LearningSums {
    let (model, regime) = (model, regime)
    let slices = slices ?? [pairs]
    let moment = moment ?? TrainingMoment(step: step + 1, lastStep: 400)
    let key = key ?? UInt64(step)
    return try pool.run { _, contexts in
      var sums = LearningSums()
      for pairs in slices {
        sums += try regime.learn(
          from: TrainingSlice(
            pairs: pairs, model: model, contexts: contexts, labelSmoothing: labelSmoothing,
            moment: moment, key: key, sentenceScale: 5))
      }
      return sums
    }[0]
  }

  /// One step of training.
  func update(rate: Double = 3e-3, rateShare: Double = 1) throws -> LearningSums {
    let sums = try learn()
    _ = try optimizer.update(
      summing: buffers, scale: 1 / Double(targetTokenCount), rate: rate, pool: pool)
    try regime.finishStep(sums.figures, rateShare: rateShare, ownGradients: ownBuffers, pool: pool)
    step += 1
    return sums
  }

  /// The gradients held, by parameter; cleared behind.
  func takeGradients() throws -> [String: [Float]] {
    let parameters = model.store.parameters
    return try pool.run { _, contexts in
      let gradients = contexts.training.gradients
      defer { gradients.clear() }
      return Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, gradients[$0]) })
    }[0]
  }

  /// The gradients held of the regime's own parameters; cleared behind.
  func takeOwnGradients() throws -> [[Float]] {
    let parameters = regime.ownStore?.parameters ?? []
    return try pool.run { _, contexts in
      guard let gradients = contexts.training.auxiliaryGradients else { return [] }
      defer { gradients.clear() }
      return parameters.map { gradients[$0] }
    }[0]
  }

  /// Expects the gradients of some parameters to be what differences of the loss along a random direction
  /// say; `loss` learns, and gives what was learned from as one number.
  func expectGradients(
    of names: [String], step: Float, seed: UInt64, _ loss: () throws -> Double
  ) throws {
    func lossAhead(_ distance: Float, _ parameter: Parameter, _ direction: [Float]) throws -> Double
    {
      let values = parameter.values
      parameter.assign(zip(values, direction).map { $0 + distance * $1 })
      defer { parameter.assign(values) }
      let found = try loss()
      _ = try takeGradients()
      return found
    }
    _ = try loss()
    let gradients = try takeGradients()
    var random = CountedRandom(seed)
    for name in names {
      let parameter = try #require(model.store[name])
      let gradient = try #require(gradients[name])
      let direction = gradient.map { _ in Float(random.normal()) }
      let distance = step / Float(gradient.count).squareRoot()
      let difference =
        try lossAhead(distance, parameter, direction)
        - lossAhead(-distance, parameter, direction)
      let expected = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      let norm = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      let found = difference / (2 * Double(distance))
      #expect(abs(found - expected) < 0.02 * max(abs(expected), 0.4 * norm), "\(name)")
    }
  }

  /// What the model says to the sources by itself.
  func translations() throws -> [Translation] {
    let translator = try Translator(
      model, options: .init(beamSize: 1, maximumLength: 12), pool: pool)
    return try translator(pairs.map(\.source)).map {
      Translation(tokens: $0.best.tokens, ends: $0.best.stopReason == .endToken)
    }
  }

  struct Translation: Equatable {
    var tokens: [Int32]
    var ends: Bool
  }
}
