/// What models take for granted each in its own way: the values here are those of models trained by
/// this toolkit unless they say otherwise, and others stand for those of well-known models.
///
/// The `conventions` section of a model. With other conventions the same parameters mean something
/// else, so they belong to the architecture.
public struct TransformerConventions: Codable, Hashable, Sendable {
  /// Whether embeddings are multiplied by √embeddingSize before positions are added.
  ///
  /// Vaswani et al. 2017, §3.4; BART and T5 leave them.
  public var scaledEmbeddings: Bool
  /// Whether embeddings with their positions are normalised before the first layer, as BART has it.
  public var embeddingNorm: Bool
  /// Whether products of queries and keys are divided by √headSize.
  ///
  /// Vaswani et al. 2017, §3.2.1; T5 leaves them.
  public var scaledAttention: Bool
  /// Whether the linear maps of layers add biases; T5's do not.
  public var linearBias: Bool
  /// What normalisation adds to a variance or mean square; T5 adds 1e-6.
  public var normEpsilon: Double
  /// Rows of a table of learned positions before that of the first position: BART's has 2.
  public var positionOffset: Int
  /// Whether the last states are divided by √embeddingSize before the vocabulary, as T5 does where its
  /// embeddings are also the output projection.
  public var scaledOutput: Bool

  /// The conventions of this toolkit unless told otherwise.
  public init(
    scaledEmbeddings: Bool = true, embeddingNorm: Bool = false, scaledAttention: Bool = true,
    linearBias: Bool = true, normEpsilon: Double = 1e-5, positionOffset: Int = 0,
    scaledOutput: Bool = false
  ) {
    self.scaledEmbeddings = scaledEmbeddings
    self.embeddingNorm = embeddingNorm
    self.scaledAttention = scaledAttention
    self.linearBias = linearBias
    self.normEpsilon = normEpsilon
    self.positionOffset = positionOffset
    self.scaledOutput = scaledOutput
  }

  /// What makes no sense, a key and what is to be said of it.
  package func problems(
    _ configuration: TransformerConfiguration
  ) -> [(key: String, message: String)] {
    var problems: [(key: String, message: String)] = []
    if !(normEpsilon > 0 && normEpsilon < 1) {
      problems.append(("norm_epsilon", "is \(normEpsilon), not between 0 and 1"))
    }
    if positionOffset < 0 {
      problems.append(("position_offset", "is \(positionOffset), below 0"))
    } else if positionOffset > 0, configuration.positions != .learned {
      problems.append(
        (
          "position_offset",
          "has no effect with \(configuration.positions.rawValue) positions, only with learned"
        ))
    } else if configuration.positions == .learned, positionOffset >= configuration.maxPositions {
      problems.append(
        (
          "position_offset",
          "is \(positionOffset), and leaves none of \(configuration.maxPositions) positions"
        ))
    }
    if !scaledAttention, configuration.positions == .disentangled {
      problems.append(
        ("scaled_attention", "does not go with disentangled positions, which say how to scale"))
    }
    return problems
  }

  /// The keys in which they differ.
  func architectureDifferences(
    from other: TransformerConventions
  ) -> [(key: String, own: String, other: String)] {
    let values: [(String, (TransformerConventions) -> String)] = [
      ("scaled_embeddings", { "\($0.scaledEmbeddings)" }),
      ("embedding_norm", { "\($0.embeddingNorm)" }),
      ("scaled_attention", { "\($0.scaledAttention)" }),
      ("linear_bias", { "\($0.linearBias)" }),
      ("norm_epsilon", { "\($0.normEpsilon)" }),
      ("position_offset", { "\($0.positionOffset)" }),
      ("scaled_output", { "\($0.scaledOutput)" }),
    ]
    return values.compactMap { key, value in
      value(self) == value(other) ? nil : ("conventions.\(key)", value(self), value(other))
    }
  }
}

// A file may lack what was added later.
extension TransformerConventions {
  /// Reads the keys that there are; the others have the toolkit's own values.
  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    let own = TransformerConventions()
    func flag(_ key: CodingKeys, _ value: Bool) throws -> Bool {
      try keys.decodeIfPresent(Bool.self, forKey: key) ?? value
    }
    self.init(
      scaledEmbeddings: try flag(.scaledEmbeddings, own.scaledEmbeddings),
      embeddingNorm: try flag(.embeddingNorm, own.embeddingNorm),
      scaledAttention: try flag(.scaledAttention, own.scaledAttention),
      linearBias: try flag(.linearBias, own.linearBias),
      normEpsilon: try keys.decodeIfPresent(Double.self, forKey: .normEpsilon) ?? own.normEpsilon,
      positionOffset: try keys.decodeIfPresent(Int.self, forKey: .positionOffset)
        ?? own.positionOffset,
      scaledOutput: try flag(.scaledOutput, own.scaledOutput))
  }
}
