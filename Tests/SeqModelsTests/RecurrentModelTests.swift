import Foundation
import SeqDecoding
import SeqLayers
import SeqModels
import SeqOptimizers
import SeqTensors
import Testing

/// Recurrent and mixed models as wholes; their parts are tested rung by rung.
@Suite struct RecurrentModelTests {
  /// A feed that puts the gold token where it is asked: position by position, teacher forcing.
  private struct GoldFeed: InputFeed {
    var isDifferentiable: Bool { false }

    func ownRows(of batch: TokenBatch) -> [Int] {
      batch.targets.positions.indices.filter { batch.targets.positions[$0] > 0 }
    }

    func inputs(rows: [Int], of batch: TokenBatch, logits: Tensor) -> OwnInputs {
      .tokens(rows.map { batch.inputIDs[$0] })
    }
  }

  private func batch(_ pairs: [TokenBatch.Pair]) -> TokenBatch {
    TokenBatch(pairs, .standard)
  }

  /// The sum of the losses of pairs, and its gradients.
  private func gradients(
    _ model: some EncoderDecoder, _ pairs: [TokenBatch.Pair], feed: (any InputFeed)? = nil
  ) -> (loss: Double, gradients: [[Float]]) {
    let context = Context(mode: .training, store: model.store)
    context.seedDropout(11)
    let batch = batch(pairs)
    let states = model.states(of: batch, feed: feed, in: context)
    let (loss, sums) = model.loss(states, labels: batch.labels, labelSmoothing: 0, scale: 1)
    loss.backward()
    return (sums.loss, model.store.parameters.map { context.gradients[$0] })
  }

  /// The derivative of the loss along a random direction is what the gradients say.
  @Test(arguments: RecurrentVariant.all)
  func gradientsAgreeWithDifferences(variant: RecurrentVariant) {
    let model = variant.model(seed: 1)
    let pairs = model.randomPairs(count: 5, seed: 2)
    let here = gradients(model, pairs)
    #expect(here.gradients.allSatisfy { $0.allSatisfy { $0.isFinite } })
    let start = model.store.parameters.map(\.values)
    for direction in 0..<2 {
      // Each parameter moves by itself, so that an error in a small one is not drowned.
      for (index, parameter) in model.store.parameters.enumerated() {
        var random = CountedRandom(UInt64(direction), CountedRandom.hash(parameter.name))
        let way = start[index].map { _ in Float(random.normal()) }
        let length = way.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let slope =
          zip(here.gradients[index], way).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / length
        let step = variant.hasKinks ? 2e-3 : 2e-2
        func loss(_ sign: Double) -> Double {
          parameter.assign(
            zip(start[index], way).map { $0 + Float(sign * step / length) * $1 })
          return forwardLoss(model, pairs)
        }
        let difference = (loss(1) - loss(-1)) / (2 * step)
        parameter.assign(start[index])
        let size = here.gradients[index].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(
          abs(difference - slope) <= 1e-2 * max(abs(slope), size)
            + (variant.hasKinks ? 2e-2 : 2e-3),
          "\(parameter.name): \(difference) by differences, \(slope) by the gradient")
      }
    }
  }

  private func forwardLoss(_ model: some EncoderDecoder, _ pairs: [TokenBatch.Pair]) -> Double {
    let context = Context(mode: .training, store: model.store)
    let batch = batch(pairs)
    let states = model.states(of: batch, in: context)
    let sums = model.loss(states, labels: batch.labels, labelSmoothing: 0, scale: 1).sums
    context.discardRecorded()
    return sums.loss
  }

  /// Position by position and all at once are one function, dropout and gradients included; a model
  /// that copies has no feed.
  @Test(arguments: RecurrentVariant.all.filter { $0.configuration().copying == nil })
  func unrolledEqualsAtOnce(variant: RecurrentVariant) {
    // A Transformer's two passes draw their dropout twice.
    let isRecurrent = !variant.testDescription.hasSuffix("→ T")
    let model = variant.model(seed: 3, dropout: isRecurrent ? 0.3 : 0)
    let pairs = model.randomPairs(count: 6, seed: 4)
    let (atOnce, unrolled) = (gradients(model, pairs), gradients(model, pairs, feed: GoldFeed()))
    #expect(abs(atOnce.loss - unrolled.loss) <= 1e-5 * atOnce.loss)
    let largest = atOnce.gradients.joined().reduce(0) { max($0, abs($1)) }
    for (index, parameter) in model.store.parameters.enumerated() {
      let worst = largestDifference(atOnce.gradients[index], unrolled.gradients[index])
      #expect(worst <= 1e-4 * largest, "\(parameter.name)")
    }
  }

  /// A pair's loss and gradient are its own: the batch's are the sums.
  @Test(arguments: RecurrentVariant.all)
  func batchIsTheSumOfItsPairs(variant: RecurrentVariant) {
    let model = variant.model(seed: 5, dropout: 0.2)
    let pairs = model.randomPairs(count: 6, seed: 6)
    let whole = gradients(model, pairs)
    let parts = pairs.map { gradients(model, [$0]) }
    #expect(abs(whole.loss - parts.reduce(0) { $0 + $1.loss }) <= 1e-5 * whole.loss)
    let largest = whole.gradients.joined().reduce(0) { max($0, abs($1)) }
    for (index, parameter) in model.store.parameters.enumerated() {
      let sum = parts.dropFirst().reduce(parts[0].gradients[index]) { sum, part in
        zip(sum, part.gradients[index]).map { $0 + $1 }
      }
      #expect(
        largestDifference(whole.gradients[index], sum) <= 1e-4 * largest, "\(parameter.name)")
    }
  }

  /// A target without rows, the last of its batch, changes nothing of the others.
  @Test(arguments: RecurrentVariant.all.filter { $0.testDescription.contains("variational") })
  func targetsMayBeEmpty(variant: RecurrentVariant) {
    let model = variant.model(seed: 13, dropout: 0.3)
    func states(_ sources: [[Int32]], _ inputs: [[Int32]], _ mode: Context.Mode) -> [Float] {
      let context = Context(mode: mode, store: model.store)
      defer { context.discardRecorded() }
      context.seedDropout(7)
      return model.states(of: TokenBatch(sources: sources, inputs: inputs), in: context)
        .tensor.values
    }
    for mode in [Context.Mode.training, .inference] {
      let alone = states([[5, 6, 2]], [[1, 8, 9]], mode)
      let beside = states([[5, 6, 2], [7, 2]], [[1, 8, 9], []], mode)
      #expect(largestDifference(alone, beside) < 1e-5)
    }
  }

  /// Every target token attends to its own source, with weights that sum to one.
  @Test(arguments: RecurrentVariant.all)
  func attentionIsObtainable(variant: RecurrentVariant) throws {
    let model = variant.model(seed: 7)
    let pairs = model.randomPairs(count: 4, seed: 8)
    let found = model.attention(of: batch(pairs), in: Context(mode: .inference))
    #expect(found.count == pairs.count)
    for (pair, attention) in zip(pairs, found) {
      if case .recurrent(let configuration) = model.configuration {
        #expect(attention.cross.count == (configuration.attention == nil ? 0 : 1))
      }
      for map in attention.cross {
        #expect(map.queryCount == pair.target.count + 1)
        #expect(map.keyCount == pair.source.count)
        for row in map.meanRows {
          #expect(abs(row.reduce(0, +) - 1) <= 1e-5)
        }
      }
    }
  }

  /// A count made without building the model agrees with the model.
  @Test(arguments: RecurrentVariant.all)
  func configurationsCountTheirParameters(variant: RecurrentVariant) {
    let configuration = variant.configuration()
    let model = variant.model(seed: 1)
    #expect(
      configuration.parameterCount(vocabularies: model.vocabularies)
        == Double(model.store.valueCount))
    #expect(configuration.problems(vocabularies: model.vocabularies) == [])
    #expect(configuration.architectureDifferences(from: configuration).isEmpty)
  }

  /// What is written into files comes back the same.
  @Test(arguments: RecurrentVariant.all)
  func configurationsSurviveFiles(variant: RecurrentVariant) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = try encoder.encode(variant.configuration(dropout: 0.25))
    #expect(
      try decoder.decode(ModelConfiguration.self, from: data)
        == variant.configuration(dropout: 0.25))
  }

  /// One batch by heart, and said by the search.
  @Test(arguments: RecurrentVariant.all)
  func overfitsOneBatch(variant: RecurrentVariant) throws {
    let model = variant.configuration().model(vocabularies: RecurrentVariant.vocabularies, seed: 1)
    let pairs = model.randomPairs(count: 4, seed: 9)
    let optimizer = Adam(OptimizerConfiguration(), store: model.store)
    let workers = Workers(model, count: 1)
    let tokenCount = targetTokenCount(pairs)
    var last = Double.infinity
    for _ in 0..<500 where last > 0.02 {
      // What coverage costs is not to vanish.
      last = try workers.sums(of: pairs).negativeLogLikelihood / Double(tokenCount)
      _ = try workers.update(with: optimizer, tokenCount: tokenCount, rate: 1e-2)
    }
    #expect(last <= 0.02)
    let said = try search(pairs.map(\.source), model)
    #expect(said == pairs.map(\.target))
  }

  private func search(_ sources: [[Int32]], _ model: some EncoderDecoder) throws -> [[Int32]] {
    let search = try BeamSearch(SearchOptions(beamSize: 1, maximumLength: 20))
    return try search(sources, with: model.steps(in: Context(mode: .inference)))
      .map(\.best.tokens)
  }
}
