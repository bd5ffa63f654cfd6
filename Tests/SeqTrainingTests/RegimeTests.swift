import SeqModels
import SeqTensors
import SeqText
import SeqTraining
import Testing

/// What every regime owes: it learns, its draws are nobody else's, and the traps are not walked into.
@Suite struct RegimeTests {
  static let ratios = Annealing(.linear, lastStep: 200)

  /// Regimes that learn from the start.
  static let regimes: [RegimeConfiguration] = [
    .teacherForcing,
    .scheduledSampling(ScheduledSampling(ratio: ratios)),
    .scheduledSampling(
      ScheduledSampling(ratio: .constant(0.5), unit: .sentence, ownToken: .sample)),
    .gumbelSoftmax(GumbelSoftmax(ratio: ratios)),
    .gumbelSoftmax(GumbelSoftmax(ratio: .constant(0.5), unit: .sentence, straightThrough: true)),
  ]

  static let minimumRisk = RegimeConfiguration.minimumRisk(
    MinimumRisk(metric: .wordErrors, sampleCount: 6, crossEntropyShare: 0.5))

  static let professorForcing = RegimeConfiguration.professorForcing(
    ProfessorForcing(discriminatorSize: 12, twoSided: true, countAbove: 0.4))

  @Test(
    "a batch is learned by heart, EOS included",
    arguments: regimes + [minimumRisk, professorForcing], Lesson.Learner.allCases)
  func overfits(regime: RegimeConfiguration, learner: Lesson.Learner) throws {
    let lesson = try Lesson(regime, learner)
    let first = try lesson.update().losses.loss / Double(lesson.targetTokenCount)
    var last = first
    for _ in 1..<300 where last > 0.02 {
      last = try lesson.update().losses.loss / Double(lesson.targetTokenCount)
    }
    #expect(first > 2.5)
    #expect(last < 0.3)
    // Said without help, to the end: a regime that drops the last label never learns to stop.
    let said = try lesson.translations()
    let right = zip(said, lesson.pairs).count {
      $0.tokens == $1.target && $0.ends
    }
    #expect(right >= 7, "\(said)")
  }

  @Test("operands rounded to bfloat16 teach the same", arguments: Lesson.Learner.allCases)
  func roundedOperands(learner: Lesson.Learner) throws {
    let (exact, rounded) = (
      try Lesson(.teacherForcing, learner),
      try Lesson(.teacherForcing, learner, precision: .bfloat16)
    )
    let tokens = Double(exact.targetTokenCount)
    for step in 0..<120 {
      let losses = try [exact, rounded].map { try $0.update().losses.loss / tokens }
      #expect(losses[0] != losses[1], "step \(step)")
      if step < 20 { #expect(abs(losses[0] - losses[1]) < 0.05, "step \(step): \(losses)") }
      if step == 119 { #expect(losses[1] < 0.3) }
    }
  }

  @Test("every label is learned, EOS pushed up", arguments: regimes, Lesson.Learner.allCases)
  func endOfSentence(regime: RegimeConfiguration, learner: Lesson.Learner) throws {
    let lesson = try Lesson(regime, learner)
    // Late: half of the inputs and more are the model's own.
    _ = try lesson.learn(moment: TrainingMoment(step: 180, lastStep: 400))
    let gradients = try lesson.takeGradients()
    let bias = try #require(gradients["output.bias"])
    // Σ p − Σ 1: what the labels of each token, taken together, pull.
    var counts = [Double](repeating: 0, count: Lesson.vocabularySize)
    for pair in lesson.pairs {
      for label in pair.target + [SpecialTokens.standard.end] { counts[Int(label)] += 1 }
    }
    let end = Int(SpecialTokens.standard.end)
    #expect(bias[end] < 0)
    for token in counts.indices {
      let probabilities = Double(bias[token]) + counts[token]
      #expect(probabilities > 0, "token \(token): a label is missing")
      #expect(probabilities < 0.25 * Double(lesson.targetTokenCount))
    }
    let row = try #require(gradients["output.weight"])[end * 32..<end * 32 + 32]
    #expect(row.contains { $0 != 0 })
  }

  @Test(
    "ratio 1 is teacher forcing, bit for bit",
    arguments: [
      RegimeConfiguration.scheduledSampling(ScheduledSampling(ratio: .constant(1))),
      .gumbelSoftmax(GumbelSoftmax(ratio: .constant(1))),
    ], Lesson.Learner.allCases)
  func alwaysGold(regime: RegimeConfiguration, learner: Lesson.Learner) throws {
    let (forced, other) = (
      try Lesson(.teacherForcing, learner, dropout: 0.1), try Lesson(regime, learner, dropout: 0.1)
    )
    for _ in 0..<3 {
      #expect(try forced.update().losses == other.update().losses)
    }
    for (one, two) in zip(forced.model.store.parameters, other.model.store.parameters) {
      #expect(one.values == two.values)
    }
  }

  @Test("ratio 0 never reads gold; the first position always reads BOS")
  func neverGold() throws {
    let lesson = try Lesson(.scheduledSampling(ScheduledSampling(ratio: .constant(0))))
    let batch = TokenBatch(lesson.pairs, .standard)
    let first = Set(batch.targets.offsets)
    let others = (0..<batch.targetTokenCount).filter { !first.contains($0) }
    for unit in DrawUnit.allCases {
      for regime in [
        RegimeConfiguration.scheduledSampling(ScheduledSampling(ratio: .constant(0), unit: unit)),
        .gumbelSoftmax(GumbelSoftmax(ratio: .constant(0), unit: unit)),
      ] {
        #expect(try feed(regime, step: 1).ownRows(of: batch) == others)
      }
    }
    // And what is read is the likeliest readable token, whatever gold is.
    let context = Context(mode: .inference)
    var logits = [Float](repeating: 0, count: 2 * Lesson.vocabularySize)
    logits[Int(SpecialTokens.standard.end)] = 9
    logits[7] = 5
    logits[Lesson.vocabularySize + 11] = 1
    let inputs = try feed(
      .scheduledSampling(ScheduledSampling(ratio: .constant(0))), step: 1
    ).inputs(
      rows: Array(others[0..<2]), of: batch,
      logits: context.tensor(logits, shape: [2, Lesson.vocabularySize]))
    guard case .tokens(let tokens) = inputs else {
      Issue.record("not tokens")
      return
    }
    #expect(tokens == [7, 11])
  }

  private func feed(_ regime: RegimeConfiguration, step: Int) throws -> any InputFeed {
    let model = Lesson.model(.transformer, dropout: 0)
    let pool = ComputePool(workerCount: 1, store: model.store)
    return try pool.run { _, contexts in
      let slice = TrainingSlice(
        pairs: [], model: model, contexts: contexts,
        moment: TrainingMoment(step: step, lastStep: 100), key: 3)
      return switch regime {
      case .scheduledSampling(let regime): regime.feed(for: slice) as any InputFeed
      case .gumbelSoftmax(let regime): regime.feed(for: slice)
      default: throw CancellationError()
      }
    }[0]
  }

  @Test("the share of gold rows is the ratio, token by token or sentence by sentence")
  func shares() throws {
    let pairs = Lesson.pairs(count: 600)
    let batch = TokenBatch(pairs, .standard)
    let inputs = batch.targetTokenCount - pairs.count
    for unit in DrawUnit.allCases {
      let regime = RegimeConfiguration.scheduledSampling(
        ScheduledSampling(ratio: .constant(0.7), unit: unit))
      let rows = Set(try feed(regime, step: 1).ownRows(of: batch))
      let gold = 1 - Double(rows.count) / Double(inputs)
      #expect(abs(gold - 0.7) < (unit == .token ? 0.03 : 0.06), "\(unit)")
      let mixed = (0..<pairs.count).count { sentence in
        let others = batch.targets.offsets[sentence] + 1..<batch.targets.offsets[sentence + 1]
        let own = others.count { rows.contains($0) }
        return own > 0 && own < others.count
      }
      #expect(unit == .token ? mixed > 300 : mixed == 0)
    }
  }

  @Test(
    "neither slices nor their order change what is learned",
    arguments: regimes + [minimumRisk, professorForcing], Lesson.Learner.allCases)
  func slices(regime: RegimeConfiguration, learner: Lesson.Learner) throws {
    let lesson = try Lesson(regime, learner, dropout: 0.2)
    let moment = TrainingMoment(step: 120, lastStep: 400)
    let whole = try lesson.learn(moment: moment, key: 4)
    let expected = try lesson.takeGradients()
    let cut = [
      Array(lesson.pairs[5...]), [lesson.pairs[0]], Array(lesson.pairs[1..<5]),
    ]
    let parts = try lesson.learn(slices: cut, moment: moment, key: 4)
    let found = try lesson.takeGradients()
    #expect(abs(parts.losses.loss - whole.losses.loss) < 1e-4 * whole.losses.loss)
    #expect(parts.losses.correctCount == whole.losses.correctCount)
    for (name, value) in whole.figures.means {
      #expect(abs((parts.figures[name] ?? .nan) - value) < 1e-5, "\(name)")
    }
    let largest = expected.values.joined().reduce(0) { max($0, abs($1)) }
    for (name, gradient) in expected {
      let difference = zip(gradient, found[name] ?? []).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(difference < 1e-4 * largest, "\(name)")
    }
    // Another key draws otherwise.
    if regime != .teacherForcing {
      _ = try lesson.takeGradients()
      #expect(try lesson.learn(moment: moment, key: 5).losses.loss != whole.losses.loss)
    }
  }

  @Test(
    "through a soft draw the gradient reaches what was said before, and agrees with differences",
    arguments: Lesson.Learner.allCases)
  func gumbelGradient(learner: Lesson.Learner) throws {
    let lesson = try Lesson(.gumbelSoftmax(GumbelSoftmax(ratio: .constant(0.3))), learner)
    let moment = TrainingMoment(step: 1)
    try lesson.expectGradients(
      of: ["output.weight", "output.bias", "target_embedding.weight"], step: 1e-2, seed: 8
    ) { try lesson.learn(moment: moment, key: 2).losses.loss }
  }

  @Test("a discriminator that is not heard leaves teacher forcing, bit for bit")
  func unheardDiscriminator() throws {
    let forced = try Lesson(.teacherForcing, dropout: 0.1)
    let other = try Lesson(
      .professorForcing(ProfessorForcing(discriminatorSize: 8, countAbove: 1)), dropout: 0.1)
    for _ in 0..<3 {
      #expect(try forced.update().losses == other.update().losses)
    }
    for (one, two) in zip(forced.model.store.parameters, other.model.store.parameters) {
      #expect(one.values == two.values)
    }
  }

  @Test("the discriminator learns below its gate only, and learns to tell")
  func discriminator() throws {
    func accuracy(trainBelow: Double, rateShare: Double = 1) throws -> (
      first: Double, last: Double, moved: Bool
    ) {
      let lesson = try Lesson(
        .professorForcing(
          ProfessorForcing(
            discriminatorSize: 16, trainBelow: trainBelow, countAbove: 1, discriminatorRate: 0.01)),
        pairCount: 24)
      let own = try #require(lesson.regime.ownStore)
      let before = own.parameters.map(\.values)
      let first = try #require(
        try lesson.update(rate: 1e-4, rateShare: rateShare).figures["discriminator_accuracy"])
      var last = first
      for _ in 0..<60 {
        last = try #require(
          try lesson.update(rate: 1e-4, rateShare: rateShare).figures["discriminator_accuracy"])
      }
      return (first, last, before != own.parameters.map(\.values))
    }
    let learned = try accuracy(trainBelow: 0.99)
    #expect(learned.moved)
    #expect(learned.last > 0.9)
    let shut = try accuracy(trainBelow: 0.01)
    #expect(!shut.moved)
    // And as slowly as the model does.
    #expect(try !accuracy(trainBelow: 0.99, rateShare: 0).moved)
  }

  @Test(
    "the decoder's gradient from the discriminator agrees with differences",
    arguments: Lesson.Learner.allCases)
  func foolingGradient(learner: Lesson.Learner) throws {
    let lesson = try Lesson(
      .professorForcing(
        ProfessorForcing(discriminatorSize: 8, countAbove: 0, temperature: 0.01)), learner)
    // What it says by itself is one token over and over, which small changes do not change.
    let bias = try #require(lesson.model.store["output.bias"])
    bias.assign(bias.values.indices.map { $0 == 7 ? 6 : 0 })
    let moment = TrainingMoment(step: 1)
    try lesson.expectGradients(
      of: ["output.weight", "target_embedding.weight"], step: 3e-3, seed: 9
    ) {
      // Labels, and the loss of being told apart, which is a mean over 8 targets.
      let sums = try lesson.learn(moment: moment, key: 2)
      return sums.losses.loss + 8 * (sums.figures["generator_loss"] ?? .nan)
    }
  }

  @Test("the expected risk falls when risk alone is trained")
  func minimumRiskFalls() throws {
    let lesson = try Lesson(
      .minimumRisk(
        MinimumRisk(
          metric: .wordErrors, sampleCount: 12, sharpness: 0.5, includesGold: true,
          crossEntropyShare: 0)))
    let first = try #require(try lesson.update(rate: 2e-3).figures["expected_risk"])
    var last = first
    for _ in 0..<60 {
      last = try #require(try lesson.update(rate: 2e-3).figures["expected_risk"])
    }
    #expect(last < 0.7 * first)
  }
}
