import SeqDecoding
import SeqModels
import SeqTensors
import SeqText
import SeqTraining
import Testing

/// What the model says itself while it learns: what is drawn, and what is learned of it.
@Suite struct OwnTargetsTests {
  private let end = Int(SpecialTokens.standard.end)

  /// A lesson in which every place says much the same: the biases given, and little else.
  private func lesson(
    _ configuration: MinimumRisk, _ learner: Lesson.Learner = .transformer,
    biases: [Int: Float], pairs: [TokenBatch.Pair]? = nil
  ) throws -> Lesson {
    let lesson = try Lesson(.minimumRisk(configuration), learner, pairs: pairs)
    let bias = try #require(lesson.model.store["output.bias"])
    bias.assign(bias.values.indices.map { biases[$0] ?? 0 })
    return lesson
  }

  @Test("two pairs of one source draw apart, each what it would draw alone")
  func equalSources() throws {
    let model = Lesson.model(.transformer, dropout: 0)
    let pair = Lesson.pairs(count: 1)[0]
    let pairs = TokenBatch.numberingRows([pair, pair, pair])
    let drawn = try ComputePool(workerCount: 1, store: model.store).run { _, contexts in
      func targets(_ pairs: [TokenBatch.Pair]) throws -> [[Int32]] {
        try TrainingSlice(
          pairs: pairs, model: model, contexts: contexts, moment: TrainingMoment(step: 1), key: 7
        ).ownTargets(temperature: 1, use: "a test").map { $0[0].tokens }
      }
      return (together: try targets(pairs), alone: try targets([pairs[1]]))
    }[0]
    #expect(Set(drawn.together).count == 3)
    #expect(drawn.together[1] == drawn.alone[0])
  }

  @Test("a target may be twice as long as gold and ten tokens more, whatever the source")
  func lengths() throws {
    let pairs = TokenBatch.numberingRows([
      TokenBatch.Pair(source: [5, 2], target: Array(repeating: 6, count: 30)),
      TokenBatch.Pair(source: Array(repeating: 5, count: 30) + [2], target: [6]),
    ])
    let lesson = try lesson(MinimumRisk(), biases: [end: -30], pairs: pairs)
    let model = lesson.model
    let targets = try lesson.pool.run { _, contexts in
      try TrainingSlice(
        pairs: pairs, model: model, contexts: contexts, moment: TrainingMoment(step: 1), key: 7
      ).ownTargets(temperature: 1, use: "a test").map { $0[0] }
    }[0]
    #expect(targets.map(\.tokens.count) == [70, 12])
    #expect(targets.allSatisfy { $0.stopReason == .maximumLength })
  }

  @Test("what was cut off teaches nothing about ending", arguments: Lesson.Learner.allCases)
  func cutOff(learner: Lesson.Learner) throws {
    let lesson = try lesson(
      MinimumRisk(metric: .wordErrors, sampleCount: 6, sharpness: 1, temperature: 1), learner,
      biases: [end: -30])
    let sums = try lesson.learn(moment: TrainingMoment(step: 1), key: 2)
    #expect(try #require(sums.figures["candidates"]) > 2)
    let gradient = try #require(try lesson.takeGradients()["output.bias"])
    #expect(abs(gradient[end]) < 1e-6)
    #expect(gradient.contains { abs($0) > 1e-3 })
  }

  @Test(
    "the gradient of risk and cross-entropy agrees with differences", arguments: [true, false],
    Lesson.Learner.allCases)
  func riskGradient(ends: Bool, learner: Lesson.Learner) throws {
    // Two candidates that small changes do not change: gold, and what is said at nearly no temperature,
    // which ends at once or is cut off.
    let configuration = MinimumRisk(
      metric: .chrf, sampleCount: 4, sharpness: 0.05, temperature: 0.01, includesGold: true,
      crossEntropyShare: 0.25)
    let lesson = try lesson(configuration, learner, biases: [ends ? end : 7: 6])
    let moment = TrainingMoment(step: 1)
    try lesson.expectGradients(
      of: ["output.weight", "output.bias", "target_embedding.weight"], step: 3e-3, seed: 8
    ) {
      let sums = try lesson.learn(moment: moment, key: 2)
      #expect(sums.figures["candidates"] == 2)
      // The risk is a mean over the pairs, its sum multiplied by the slice's 5 and divided by α.
      let risk = 5 * Double(lesson.pairs.count) * (sums.figures["expected_risk"] ?? .nan)
      return 0.25 * sums.losses.loss + 0.75 * risk / configuration.sharpness
    }
  }

  @Test("to say that a word is unknown is not to say it")
  func unknownWords() throws {
    // Gold is the only candidate beside one that is wrong anyhow.
    func risk(gold: [Int32]) throws -> Double {
      let pairs = TokenBatch.numberingRows([TokenBatch.Pair(source: [5, 2], target: gold)])
      let lesson = try lesson(
        MinimumRisk(
          metric: .exactMatch, sampleCount: 2, sharpness: 1e-6, temperature: 0.01,
          includesGold: true), biases: [end: 6], pairs: pairs)
      return try #require(
        try lesson.learn(moment: TrainingMoment(step: 1), key: 2).figures["expected_risk"])
    }
    #expect(abs(try risk(gold: [8, 9]) - 0.5) < 1e-3)
    #expect(try risk(gold: [8, SpecialTokens.standard.unknown]) == 1)
  }

  @Test("the discriminator learns nothing of the loss that it gives the decoder")
  func frozenDiscriminator() throws {
    func gradients(countAbove: Double, trainBelow: Double) throws -> [[Float]] {
      let lesson = try Lesson(
        .professorForcing(
          ProfessorForcing(
            discriminatorSize: 8, twoSided: true, trainBelow: trainBelow, countAbove: countAbove)))
      _ = try lesson.learn(moment: TrainingMoment(step: 1), key: 2)
      return try lesson.takeOwnGradients()
    }
    let heard = try gradients(countAbove: 0, trainBelow: 0)
    #expect(!heard.isEmpty && heard.joined().allSatisfy { $0 == 0 })
    let (alone, both) = (
      try gradients(countAbove: 1, trainBelow: 0.99), try gradients(countAbove: 0, trainBelow: 0.99)
    )
    #expect(alone.joined().contains { $0 != 0 })
    #expect(alone == both)
  }

  @Test(
    "an own token is made of what was said at the row before", arguments: Lesson.Learner.allCases)
  func shift(learner: Lesson.Learner) throws {
    let model = Lesson.model(learner, dropout: 0)
    let batch = TokenBatch(Lesson.pairs(count: 5), .standard)
    let context = Context(mode: .inference)
    let gold = model.logits(model.states(of: batch, in: context))
    let said = (0..<batch.targetTokenCount).map { row in
      (0..<Lesson.vocabularySize).map { gold.pointer[row * Lesson.vocabularySize + $0] }
    }
    let feed = RecordingFeed()
    _ = model.states(of: batch, feed: feed, in: context)
    let first = Set(batch.targets.offsets)
    #expect(feed.found.count == batch.targetTokenCount - (first.count - 1))
    for (row, logits) in feed.found {
      #expect(
        zip(logits, said[row - 1]).allSatisfy { abs($0 - $1) < 1e-4 }, "row \(row)")
    }
  }
}

/// Reads gold at every row, and keeps what it was shown.
private final class RecordingFeed: InputFeed, @unchecked Sendable {
  var found: [Int: [Float]] = [:]

  var isDifferentiable: Bool { false }

  func ownRows(of batch: TokenBatch) -> [Int] {
    let first = Set(batch.targets.offsets)
    return (0..<batch.targetTokenCount).filter { !first.contains($0) }
  }

  func inputs(rows: [Int], of batch: TokenBatch, logits: Tensor) -> OwnInputs {
    let columns = logits.shape.columns
    for (index, row) in rows.enumerated() {
      found[row] = (0..<columns).map { logits.pointer[index * columns + $0] }
    }
    return .tokens(rows.map { batch.inputIDs[$0] })
  }
}
