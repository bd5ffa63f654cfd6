import SeqKit

extension RegimeConfiguration {
  /// The keys of each regime beside `type`.
  private static func keys(of kind: Kind) -> [String] {
    switch kind {
    case .teacherForcing: []
    case .scheduledSampling: ["ratio", "unit", "own_token"]
    case .gumbelSoftmax: ["ratio", "unit", "temperature", "straight_through"]
    case .professorForcing:
      [
        "discriminator_size", "discriminator_rate", "pooling", "sees_outputs", "generator_weight",
        "two_sided", "train_below", "count_above", "temperature",
      ]
    case .minimumRisk:
      [
        "metric", "sample_count", "sharpness", "temperature", "includes_gold",
        "cross_entropy_share",
      ]
    }
  }

  /// Reads the `training.regime` section.
  init(section: ConfigurationSection) {
    let kind: Kind? = section.choice("type")
    section.require(
      kind != nil || section.contains("type"), about: "type",
      or: "missing: which regime? One of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    switch kind {
    case .teacherForcing, nil: self = .teacherForcing
    case .scheduledSampling: self = .scheduledSampling(ScheduledSampling(section: section))
    case .gumbelSoftmax: self = .gumbelSoftmax(GumbelSoftmax(section: section))
    case .minimumRisk: self = .minimumRisk(MinimumRisk(section: section))
    case .professorForcing: self = .professorForcing(ProfessorForcing(section: section))
    }
    let all = Kind.allCases.flatMap { Self.keys(of: $0) }
    guard let kind else {
      // Which keys are right is not known.
      for key in all { _ = section.isSet(key) }
      return
    }
    for key in Set(all).subtracting(Self.keys(of: kind)).sorted() {
      let others = Kind.allCases.filter { Self.keys(of: $0).contains(key) }
      section.refuse(
        key,
        reason: "has no effect with type: \(kind.rawValue), only with "
          + others.map(\.rawValue).joined(separator: " and "))
    }
  }
}

extension ScheduledSampling {
  /// Reads the keys of scheduled sampling.
  init(section: ConfigurationSection) {
    self.init(
      ratio: section.annealing("ratio", .proportion, start: 1, end: 0, isRequired: true),
      unit: section.choice("unit") ?? .token, ownToken: section.choice("own_token") ?? .argmax)
  }
}

extension GumbelSoftmax {
  /// Reads the keys of Gumbel-softmax.
  init(section: ConfigurationSection) {
    let ratio = section.annealing("ratio", .proportion, start: 1, end: 0, isRequired: true)
    let defaults = GumbelSoftmax(ratio: ratio)
    self.init(
      ratio: ratio, unit: section.choice("unit") ?? defaults.unit,
      temperature: section.isSet("temperature")
        ? section.annealing("temperature", .positive, start: 1, end: 0.5)
        : defaults.temperature,
      straightThrough: section.flag("straight_through", or: defaults.straightThrough))
  }
}

extension MinimumRisk {
  /// Reads the keys of minimum risk training; what is left out stays as it is by default.
  init(section: ConfigurationSection) {
    let defaults = MinimumRisk()
    self.init(
      metric: section.choice("metric") ?? defaults.metric,
      sampleCount: section.wholeNumber(
        "sample_count", or: defaults.sampleCount, atLeast: 1, atMost: 1000),
      sharpness: section.number("sharpness", or: defaults.sharpness, .positive),
      temperature: section.number("temperature", or: defaults.temperature, .positive),
      includesGold: section.flag("includes_gold", or: defaults.includesGold),
      crossEntropyShare: section.number(
        "cross_entropy_share", or: defaults.crossEntropyShare, .proportion))
    section.require(
      includesGold || sampleCount > 1, about: "sample_count", "includes_gold",
      or: "one candidate alone has nothing to be better than: expected at least 2")
  }
}

extension ProfessorForcing {
  /// Reads the keys of professor forcing.
  init(section: ConfigurationSection) {
    let defaults = ProfessorForcing()
    self.init(
      discriminatorSize: section.wholeNumber(
        "discriminator_size", or: defaults.discriminatorSize, atLeast: 1, atMost: 16384),
      pooling: section.choice("pooling") ?? defaults.pooling,
      seesOutputs: section.flag("sees_outputs", or: defaults.seesOutputs),
      generatorWeight: section.number(
        "generator_weight", or: defaults.generatorWeight, .notNegative),
      twoSided: section.flag("two_sided", or: defaults.twoSided),
      trainBelow: section.number("train_below", or: defaults.trainBelow, .share),
      countAbove: section.number("count_above", or: defaults.countAbove, .proportion),
      discriminatorRate: section.number(
        "discriminator_rate", or: defaults.discriminatorRate, .positive),
      temperature: section.number("temperature", or: defaults.temperature, .positive))
  }
}
