package import SeqModels

/// How a model learns from its pairs: the `training.regime` section.
public enum RegimeConfiguration: Hashable, Sendable {
  /// The decoder reads gold tokens.
  case teacherForcing
  /// It reads gold tokens or its own, by a schedule.
  case scheduledSampling(ScheduledSampling)
  /// It reads gold tokens or relaxed draws of its own, by a schedule.
  case gumbelSoftmax(GumbelSoftmax)
  /// It is trained on what it says itself, by a metric.
  case minimumRisk(MinimumRisk)
  /// It reads gold tokens, and a discriminator sees to it that it behaves alike over its own.
  case professorForcing(ProfessorForcing)

  /// The regimes by the names that configurations know them by.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    case teacherForcing = "teacher_forcing"
    case scheduledSampling = "scheduled_sampling"
    case gumbelSoftmax = "gumbel_softmax"
    case minimumRisk = "minimum_risk"
    case professorForcing = "professor_forcing"
  }

  /// Which regime it is.
  public var kind: Kind {
    switch self {
    case .teacherForcing: .teacherForcing
    case .scheduledSampling: .scheduledSampling
    case .gumbelSoftmax: .gumbelSoftmax
    case .minimumRisk: .minimumRisk
    case .professorForcing: .professorForcing
    }
  }

  /// The regime at work.
  ///
  /// Parameters of its own are drawn from `seed`; `decode` makes text of target ids, for metrics.
  package func regime(
    for model: any EncoderDecoder, seed: UInt64,
    decode: @escaping @Sendable ([Int32]) -> String
  ) -> any TrainingRegime {
    switch self {
    case .teacherForcing: TeacherForcing()
    case .scheduledSampling(let regime): regime
    case .gumbelSoftmax(let regime): regime
    case .minimumRisk(let configuration): MinimumRiskTraining(configuration, decode: decode)
    case .professorForcing(let configuration):
      ProfessorForcingTraining(configuration, model: model, seed: seed)
    }
  }

  /// Whether the decoder reads, or a discriminator sees, what the generator alone says: models that
  /// copy cannot learn so.
  package var needsGenerator: Bool { self != .teacherForcing && kind != .minimumRisk }

  /// Whether the labels are learned, and not the metric alone.
  package var hasCrossEntropy: Bool {
    if case .minimumRisk(let risk) = self { risk.crossEntropyShare > 0 } else { true }
  }

  /// Whether the model decodes while it learns.
  var decodes: Bool { kind == .minimumRisk || kind == .professorForcing }

  /// Whether the length of the run shapes one of its schedules.
  var dependsOnLastStep: Bool {
    switch self {
    case .teacherForcing, .minimumRisk, .professorForcing: false
    case .scheduledSampling(let regime): regime.ratio.dependsOnLastStep
    case .gumbelSoftmax(let regime):
      regime.ratio.dependsOnLastStep || regime.temperature.dependsOnLastStep
    }
  }
}

extension RegimeConfiguration: Codable {
  private enum CodingKeys: String, CodingKey { case type }

  /// Reads the type, and from the same level what belongs to it.
  public init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .type) {
    case .teacherForcing: self = .teacherForcing
    case .scheduledSampling: self = .scheduledSampling(try ScheduledSampling(from: decoder))
    case .gumbelSoftmax: self = .gumbelSoftmax(try GumbelSoftmax(from: decoder))
    case .minimumRisk: self = .minimumRisk(try MinimumRisk(from: decoder))
    case .professorForcing: self = .professorForcing(try ProfessorForcing(from: decoder))
    }
  }

  /// Writes the type, and on the same level what belongs to it.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .teacherForcing: break
    case .scheduledSampling(let regime): try regime.encode(to: encoder)
    case .gumbelSoftmax(let regime): try regime.encode(to: encoder)
    case .minimumRisk(let configuration): try configuration.encode(to: encoder)
    case .professorForcing(let configuration): try configuration.encode(to: encoder)
    }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .type)
  }
}

extension KeyedDecodingContainer {
  /// A run that was started before there was a choice has teacher forcing.
  func decode(_ type: RegimeConfiguration.Type, forKey key: Key) throws -> RegimeConfiguration {
    try decodeIfPresent(type, forKey: key) ?? .teacherForcing
  }
}
