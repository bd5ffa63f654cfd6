/// The sizes and choices of a model of any family: the `model` section of a configuration.
public enum ModelConfiguration: Hashable, Sendable {
  /// A Transformer on both sides.
  case transformer(TransformerConfiguration)
  /// Recurrent layers on both sides.
  case recurrent(RecurrentConfiguration)
  /// An encoder and a decoder that are configured each by itself.
  case mixed(MixedConfiguration)

  /// What `model.type` says.
  public enum Family: String, Codable, Hashable, Sendable, CaseIterable {
    /// ``ModelConfiguration/transformer(_:)``
    case transformer
    /// ``ModelConfiguration/recurrent(_:)``
    case recurrent
    /// ``ModelConfiguration/mixed(_:)``
    case mixed
  }

  /// Which of the families it is.
  public var family: Family {
    switch self {
    case .transformer: .transformer
    case .recurrent: .recurrent
    case .mixed: .mixed
    }
  }

  /// Which of the three vocabulary matrices are one.
  public var tying: EmbeddingTying {
    switch self {
    case .transformer(let configuration): configuration.tying
    case .recurrent(let configuration): configuration.tying
    case .mixed(let configuration): configuration.tying
    }
  }

  /// How words of the source are copied; nil where all are generated.
  public var copying: CopyingConfiguration? {
    switch self {
    case .transformer(let configuration): configuration.copying
    case .recurrent(let configuration): configuration.copying
    case .mixed(let configuration): configuration.copying
    }
  }

  /// Whether the decoder looks at the source while it writes, so that it can be told where to.
  package var attendsToSource: Bool {
    if copying != nil { return true }
    switch self {
    case .transformer: return true
    case .recurrent(let configuration): return configuration.attention != nil
    case .mixed(let configuration):
      guard case .recurrent(let half) = configuration.decoder else { return true }
      return half.attention != nil
    }
  }

  /// The rows of the smallest table of learned positions, nil if there is none.
  public var maxPositions: Int? {
    switch self {
    case .transformer(let configuration): configuration.lengthLimit
    case .recurrent: nil
    case .mixed(let configuration):
      [configuration.encoder, configuration.decoder].compactMap(\.lengthLimit).min()
    }
  }

  /// A model with fresh parameters, whose initial values are drawn from the seed.
  ///
  /// - Precondition: ``problems(vocabularies:bytesPerParameter:)`` finds none.
  public func model(vocabularies: VocabularySizes, seed: UInt64 = 1) -> any EncoderDecoder {
    switch self {
    case .transformer(let configuration):
      Transformer(configuration, vocabularies: vocabularies, seed: seed)
    case .recurrent(let configuration):
      RecurrentModel(configuration, vocabularies: vocabularies, seed: seed)
    case .mixed(let configuration):
      configuration.model(vocabularies: vocabularies, seed: seed)
    }
  }

  /// What stands in the way of a model of these sizes, in words.
  ///
  /// For configurations from outside: making the model traps on most of them.
  ///
  /// - Parameters:
  ///   - vocabularies: how many ids each side is to know.
  ///   - bytesPerParameter: the memory that each trained number is going to take.
  /// - Returns: the problems, none when there can be such a model.
  public func problems(vocabularies: VocabularySizes, bytesPerParameter: Int = 4) -> [String] {
    switch self {
    case .transformer(let configuration):
      configuration.problems(vocabularies: vocabularies, bytesPerParameter: bytesPerParameter)
    case .recurrent(let configuration):
      configuration.problems(vocabularies: vocabularies, bytesPerParameter: bytesPerParameter)
    case .mixed(let configuration):
      configuration.problems(vocabularies: vocabularies, bytesPerParameter: bytesPerParameter)
    }
  }

  /// How many numbers are trained; in floating point, since sizes from outside may be absurd.
  package func parameterCount(vocabularies: VocabularySizes) -> Double {
    switch self {
    case .transformer(let configuration): configuration.parameterCount(vocabularies: vocabularies)
    case .recurrent(let configuration): configuration.parameterCount(vocabularies: vocabularies)
    case .mixed(let configuration): configuration.parameterCount(vocabularies: vocabularies)
    }
  }

  /// The keys in which two models differ that cannot have the same parameters, or not with the same
  /// meaning; rates of dropout and initial values are not among them.
  public func architectureDifferences(from other: ModelConfiguration)
    -> [(key: String, own: String, other: String)]
  {
    switch (self, other) {
    case (.transformer(let own), .transformer(let other)):
      own.architectureDifferences(from: other)
    case (.recurrent(let own), .recurrent(let other)):
      own.architectureDifferences(from: other)
    case (.mixed(let own), .mixed(let other)):
      own.architectureDifferences(from: other)
    default: [("type", family.rawValue, other.family.rawValue)]
    }
  }
}

// The keys of the family's own configuration, and `type`, side by side; without a type it is a
// Transformer's, as the first release wrote it.
extension ModelConfiguration: Codable {
  private enum CodingKeys: String, CodingKey { case type }

  /// Reads `type`, then what that family's configuration has.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decodeIfPresent(Family.self, forKey: .type) ?? .transformer {
    case .transformer: self = .transformer(try TransformerConfiguration(from: decoder))
    case .recurrent: self = .recurrent(try RecurrentConfiguration(from: decoder))
    case .mixed: self = .mixed(try MixedConfiguration(from: decoder))
    }
  }

  /// Writes `type` among what that family's configuration has.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .transformer(let configuration): try configuration.encode(to: encoder)
    case .recurrent(let configuration): try configuration.encode(to: encoder)
    case .mixed(let configuration): try configuration.encode(to: encoder)
    }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(family, forKey: .type)
  }
}
