public import SeqLayers

/// The sizes and choices of a Transformer encoder–decoder: the `model` section of a configuration
/// and of `config.json`.
public struct TransformerConfiguration: Codable, Hashable, Sendable {
  /// How positions enter the embeddings.
  public enum Positions: String, Codable, Hashable, Sendable, CaseIterable {
    /// Fixed: sines in the first half of the vector, cosines in the second (the layout of
    /// tensor2tensor and fairseq).
    case sinusoidal
    /// A trained vector per position.
    case learned
  }

  /// The function between the two maps of a feed-forward network.
  public enum Activation: String, Codable, Hashable, Sendable, CaseIterable {
    /// `max(x, 0)`.
    case relu
    /// `x Φ(x)` (Hendrycks & Gimpel 2016, arXiv:1606.08415).
    case gelu
  }

  /// How weights start.
  public enum Initialization: String, Codable, Hashable, Sendable, CaseIterable {
    /// Xavier uniform for every matrix, embeddings normal with deviation 1/√embeddingSize.
    case xavier
    /// Xavier, with the last matrix of every residual branch divided by √(2 · layerCount)
    /// (Radford et al. 2019).
    case scaled
  }

  /// Layers of self-attention and feed-forward network.
  public var encoderLayerCount: Int
  /// Layers of self-attention, attention to the encoder and feed-forward network.
  public var decoderLayerCount: Int
  /// Columns of embeddings and of every state between blocks.
  public var embeddingSize: Int
  /// Columns inside the feed-forward networks, usually four times the embeddings'.
  public var feedForwardSize: Int
  /// Heads of every attention; divides the embedding size.
  public var headCount: Int
  /// Probability of zeroing an element of the embeddings and of each residual branch, 0–1.
  public var dropout: Double
  /// Probability of zeroing an attention weight, 0–1.
  public var attentionDropout: Double
  /// Probability of zeroing an element after the feed-forward activation, 0–1.
  public var activationDropout: Double
  /// How positions enter the embeddings.
  public var positions: Positions
  /// The rows of the table of learned positions; sinusoidal positions have no limit.
  public var maxPositions: Int
  /// Where layer normalisation stands; ``NormPlacement/pre`` is the easier to train.
  public var norm: NormPlacement
  /// The function inside the feed-forward networks.
  public var activation: Activation
  /// Which of the three vocabulary matrices are one.
  public var tying: EmbeddingTying
  /// How weights start.
  public var initialization: Initialization
  /// Whether the output projection adds a bias per token.
  public var outputBias: Bool

  /// The sizes are by default those of the base model of "Attention is all you need", table 3.
  public init(
    encoderLayerCount: Int = 6, decoderLayerCount: Int = 6, embeddingSize: Int = 512,
    feedForwardSize: Int = 2048, headCount: Int = 8, dropout: Double = 0.1,
    attentionDropout: Double = 0, activationDropout: Double = 0,
    positions: Positions = .sinusoidal, maxPositions: Int = 1024, norm: NormPlacement = .pre,
    activation: Activation = .relu, tying: EmbeddingTying = .all,
    initialization: Initialization = .xavier, outputBias: Bool = false
  ) {
    self.encoderLayerCount = encoderLayerCount
    self.decoderLayerCount = decoderLayerCount
    self.embeddingSize = embeddingSize
    self.feedForwardSize = feedForwardSize
    self.headCount = headCount
    self.dropout = dropout
    self.attentionDropout = attentionDropout
    self.activationDropout = activationDropout
    self.positions = positions
    self.maxPositions = maxPositions
    self.norm = norm
    self.activation = activation
    self.tying = tying
    self.initialization = initialization
    self.outputBias = outputBias
  }
}
