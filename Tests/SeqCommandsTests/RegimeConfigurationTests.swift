import Foundation
import SeqCommands
import SeqKit
import Testing

/// The `training.regime` section: what it says, and what is said of one that cannot be used.
struct RegimeConfigurationTests {
  private func regime(_ yaml: String) throws -> RegimeConfiguration {
    try read(Self.file(yaml)).training.regime
  }

  private static func file(_ regime: String) -> String {
    minimalYAML.replacing(
      "{ max_steps: 100 }", with: "{ max_steps: 100, regime: \(regime) }")
  }

  private func problems(_ regime: String) -> [String] {
    report(Self.file(regime)).map { line in
      // Without the place in the file.
      line.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? line
    }
  }

  @Test("nothing said is teacher forcing")
  func defaults() throws {
    #expect(try read().training.regime == .teacherForcing)
    #expect(try regime("{ type: teacher_forcing }") == .teacherForcing)
  }

  @Test func scheduledSampling() throws {
    #expect(
      try regime("{ type: scheduled_sampling, ratio: 0.9 }")
        == .scheduledSampling(ScheduledSampling(ratio: .constant(0.9))))
    #expect(
      try regime(
        """
        { type: scheduled_sampling, unit: sentence, own_token: sample,
          ratio: { type: inverse_sigmoid, slowness: 300, end: 0.25, first_step: 10 } }
        """)
        == .scheduledSampling(
          ScheduledSampling(
            ratio: Annealing(.inverseSigmoid, end: 0.25, firstStep: 10, slowness: 300),
            unit: .sentence, ownToken: .sample)))
    #expect(
      try regime(
        """
        { type: scheduled_sampling,
          ratio: { type: stepwise, stages: [{ from_step: 0, value: 1 }, { from_step: 50, value: 0.5 }] } }
        """)
        == .scheduledSampling(
          ScheduledSampling(
            ratio: Annealing(
              .stepwise, stages: [.init(fromStep: 0, value: 1), .init(fromStep: 50, value: 0.5)]))))
    #expect(
      try regime(
        """
        { type: scheduled_sampling,
          ratio: { type: stepwise, stages: [{ from_share: 0, value: 1 }, { from_share: 0.5, value: 0 }] } }
        """)
        == .scheduledSampling(
          ScheduledSampling(
            ratio: Annealing(
              .stepwise,
              stages: [.init(fromShare: 0, value: 1), .init(fromShare: 0.5, value: 0)]))))
  }

  @Test func gumbelSoftmax() throws {
    #expect(
      try regime(
        """
        { type: gumbel_softmax, ratio: { type: linear }, straight_through: true,
          temperature: { type: exponential, start: 2, end: 0.1, decay: 0.999 } }
        """)
        == .gumbelSoftmax(
          GumbelSoftmax(
            ratio: Annealing(.linear),
            temperature: Annealing(.exponential, start: 2, end: 0.1, decay: 0.999),
            straightThrough: true)))
    #expect(
      try regime("{ type: gumbel_softmax, ratio: 0.5 }")
        == .gumbelSoftmax(GumbelSoftmax(ratio: .constant(0.5))))
  }

  @Test func minimumRisk() throws {
    #expect(try regime("{ type: minimum_risk }") == .minimumRisk(MinimumRisk()))
    #expect(
      try regime(
        """
        { type: minimum_risk, metric: exact_match, sample_count: 4, sharpness: 0.1,
          temperature: 0.9, includes_gold: false, cross_entropy_share: 0 }
        """)
        == .minimumRisk(
          MinimumRisk(
            metric: .exactMatch, sampleCount: 4, sharpness: 0.1, temperature: 0.9,
            includesGold: false, crossEntropyShare: 0)))
  }

  @Test func professorForcing() throws {
    #expect(try regime("{ type: professor_forcing }") == .professorForcing(ProfessorForcing()))
    #expect(
      try regime(
        """
        { type: professor_forcing, discriminator_size: 64, discriminator_rate: 0.01, pooling: last,
          sees_outputs: false, generator_weight: 0.5, two_sided: true, train_below: 0.9,
          count_above: 0.6, temperature: 0.8 }
        """)
        == .professorForcing(
          ProfessorForcing(
            discriminatorSize: 64, pooling: .last, seesOutputs: false, generatorWeight: 0.5,
            twoSided: true, trainBelow: 0.9, countAbove: 0.6, discriminatorRate: 0.01,
            temperature: 0.8)))
  }

  @Test("a regime that cannot be used is refused, with what would help")
  func refusals() {
    #expect(
      problems("{ type: scheduled_sampling }") == [
        "training.regime.ratio: missing: expected a number from 0 to 1, or a section with a type"
      ])
    #expect(
      problems("{ type: scheduled_sampling, ratio: 1.5 }") == [
        "training.regime.ratio: expected a number from 0 to 1, found '1.5'"
      ])
    #expect(
      problems("{ ratio: 0.5 }") == [
        "training.regime.type: missing: which regime? One of "
          + RegimeConfiguration.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      ])
    #expect(
      problems("{ type: teacher_forcing, ratio: 0.5 }") == [
        "training.regime.ratio: has no effect with type: teacher_forcing, only with "
          + "scheduled_sampling and gumbel_softmax"
      ])
    #expect(
      problems("{ type: scheduled_sampling, ratio: 1, rato: 1, straight_through: true }") == [
        "training.regime.rato: unknown key; did you mean 'ratio'?",
        "training.regime.straight_through: has no effect with type: scheduled_sampling, only with "
          + "gumbel_softmax",
      ])
    #expect(
      problems(
        "{ type: scheduled_sampling, ratio: { type: linear, decay: 0.5, first_step: 9, last_step: 9 } }"
      ) == [
        "training.regime.ratio.decay: has no effect with type: linear, only with exponential",
        "training.regime.ratio.last_step: expected more than first_step, 9, found 9",
      ])
    #expect(
      problems(
        """
        { type: scheduled_sampling, ratio: { type: stepwise, stages: [
          { from_step: 10, value: 1 }, { from_step: 5, value: 2 }, { value: 0.5, from_stp: 3 }, 7] } }
        """
      ) == [
        "training.regime.ratio.stages[1].value: expected a number from 0 to 1, found '2'",
        "training.regime.ratio.stages[2].from_step: a stage begins either from_step: N or "
          + "from_share: a share of the run",
        "training.regime.ratio.stages[2].from_stp: unknown key; did you mean 'from_step'?",
        "training.regime.ratio.stages[3]: expected a section (from_step or from_share, and value), "
          + "found '7'",
      ])
    #expect(
      problems("{ type: minimum_risk, metric: bleurt, sample_count: 1, includes_gold: false }") == [
        "training.regime.metric: expected one of bleu, chrf, rouge_l, exact_match, "
          + "word_errors, character_errors, ter, found 'bleurt'",
        "training.regime.sample_count: one candidate alone has nothing to be better than: "
          + "expected at least 2",
      ])
  }

  @Test("configurations survive being written, and old ones have teacher forcing")
  func roundTrip() throws {
    for yaml in [
      "{ type: scheduled_sampling, ratio: { type: linear } }",
      "{ type: gumbel_softmax, ratio: 0.5 }", "{ type: minimum_risk }",
    ] {
      let configuration = try read(Self.file(yaml))
      let data = try JSONEncoder().encode(configuration)
      #expect(try JSONDecoder().decode(RunConfiguration.self, from: data) == configuration)
    }
    // What was written before there were regimes.
    let old = try JSONEncoder().encode(try read())
    var object = try JSONSerialization.jsonObject(with: old) as? [String: Any] ?? [:]
    var training = object["training"] as? [String: Any] ?? [:]
    #expect(training.removeValue(forKey: "regime") != nil)
    object["training"] = training
    let data = try JSONSerialization.data(withJSONObject: object)
    #expect(try JSONDecoder().decode(RunConfiguration.self, from: data) == read())
  }
}
