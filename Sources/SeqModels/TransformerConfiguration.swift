public import SeqLayers

/// The sizes and choices of a Transformer encoder–decoder: the `model` section of a configuration
/// and of `config.json`.
public struct TransformerConfiguration: Codable, Hashable, Sendable {
  /// How positions are told apart: in the embeddings, or in self-attention.
  public enum Positions: String, Codable, Hashable, Sendable, CaseIterable {
    /// Fixed: sines in the first half of the vector, cosines in the second (the layout of
    /// tensor2tensor and fairseq).
    case sinusoidal
    /// The same with the wavelengths of the paper: `10000^(−2i/size)` (Vaswani et al. 2017, §3.5), as
    /// Marian and Pegasus have them; ``sinusoidal`` spreads them so that the longest is 10000 · 2π.
    case paperSinusoidal = "paper_sinusoidal"
    /// A trained vector per position.
    case learned
    /// A trained vector per distance and layer that queries are multiplied by (Shaw et al. 2018,
    /// arXiv:1803.02155, without the vectors added to values, which the authors find to gain
    /// nothing).
    case shaw
    /// A trained number per head and bucket of distances, shared by the layers of a stack (Raffel et
    /// al. 2020, arXiv:1910.10683).
    case t5
    /// Content to position and position to content (He et al. 2021, arXiv:2006.03654).
    case disentangled
    /// Queries and keys turned by their positions (Su et al. 2021, arXiv:2104.09864).
    case rotary
    /// Scores that fall with the distance (Press et al. 2022, arXiv:2108.12409); in the encoder half of
    /// the heads look back and the others ahead.
    case alibi

    /// Whether distances beyond ``TransformerConfiguration/maxDistance`` are no longer told apart.
    package var hasDistances: Bool { self == .shaw || self == .t5 || self == .disentangled }

    /// Whether they are sines and cosines added to embeddings.
    package var isSinusoidal: Bool { self == .sinusoidal || self == .paperSinusoidal }

    /// Whether they are added to embeddings.
    package var isAbsolute: Bool { isSinusoidal || self == .learned }
  }

  /// The function between the two maps of a feed-forward network.
  public enum Activation: String, Codable, Hashable, Sendable, CaseIterable {
    /// `max(x, 0)`.
    case relu
    /// `x Φ(x)` (Hendrycks & Gimpel 2016, arXiv:1606.08415).
    case gelu
    /// GELU by the hyperbolic tangent (Hendrycks & Gimpel 2016, §2).
    case geluTanh = "gelu_tanh"
    /// `x σ(x)` (Ramachandran et al. 2017, arXiv:1710.05941).
    case swish
    /// GELU of one half, times the other: a map to twice the columns (Shazeer 2020,
    /// arXiv:2002.05202).
    case geglu
    /// The same by the hyperbolic tangent, as T5's second form has it.
    case gegluTanh = "geglu_tanh"
    /// Swish of one half, times the other (Shazeer 2020).
    case swiglu

    /// Whether the first map is to twice the columns.
    package var isGated: Bool { self == .geglu || self == .gegluTanh || self == .swiglu }
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
  /// Heads of every attention; divides the embedding size where heads have no size of their own.
  public var headCount: Int
  /// Columns of one head; nil divides the embedding size among them.
  public var headSize: Int?
  /// Probability of zeroing an element of the embeddings and of each residual branch, 0–1.
  public var dropout: Double
  /// Probability of zeroing an attention weight, 0–1.
  public var attentionDropout: Double
  /// Probability of zeroing an element after the feed-forward activation, 0–1.
  public var activationDropout: Double
  /// How positions are told apart.
  public var positions: Positions
  /// The rows of the table of learned positions; others have no limit.
  public var maxPositions: Int
  /// The largest distance that ``Positions/shaw``, ``Positions/t5`` and ``Positions/disentangled`` tell
  /// apart from larger ones; nil is the paper's, 16, 128 and here 64.
  public var maxDistance: Int?
  /// The buckets of distances of ``Positions/t5``, in an encoder half of them for each side; nil is
  /// the paper's, 32.
  public var bucketCount: Int?
  /// How many source tokens around its own a token of the encoder sees, half of them before it and
  /// half behind it, an even number; nil is all.
  public var attentionWindow: Int?
  /// How many tokens at the beginning of a source see all of it, and are seen by all, beside the
  /// window; nil is 0.
  public var globalTokenCount: Int?
  /// How many latents read the source and are the encoder's states in its place; nil is none.
  public var latentCount: Int?
  /// Encoder layers from one reading of the source by latents to the next, the first layer being one
  /// that reads; nil is 1.
  public var latentReadEvery: Int?
  /// How many neighbouring states of the encoder become one before the decoder attends to them; nil
  /// leaves them as they are.
  public var memoryCompression: Int?
  /// Layers of attention among the paragraphs of a source, over which the encoder's other layers then
  /// run one by one; nil reads a source as a whole.
  ///
  /// An EOS ends a paragraph.
  public var documentLayerCount: Int?
  /// Where layer normalisation stands; ``NormPlacement/pre`` is the easier to train.
  public var norm: NormPlacement
  /// What normalises.
  public var normType: LayerNorm.Kind
  /// The function inside the feed-forward networks.
  public var activation: Activation
  /// Which of the three vocabulary matrices are one.
  public var tying: EmbeddingTying
  /// How weights start.
  public var initialization: Initialization
  /// Whether the output projection adds a bias per token.
  public var outputBias: Bool
  /// How words of the source are copied; nil generates all.
  public var copying: CopyingConfiguration?
  /// What other models take for granted in another way.
  public var conventions: TransformerConventions

  /// The sizes are by default those of the base model of "Attention is all you need", table 3.
  public init(
    encoderLayerCount: Int = 6, decoderLayerCount: Int = 6, embeddingSize: Int = 512,
    feedForwardSize: Int = 2048, headCount: Int = 8, headSize: Int? = nil, dropout: Double = 0.1,
    attentionDropout: Double = 0, activationDropout: Double = 0,
    positions: Positions = .sinusoidal, maxPositions: Int = 1024, maxDistance: Int? = nil,
    bucketCount: Int? = nil, attentionWindow: Int? = nil, globalTokenCount: Int? = nil,
    latentCount: Int? = nil, latentReadEvery: Int? = nil, memoryCompression: Int? = nil,
    documentLayerCount: Int? = nil, norm: NormPlacement = .pre,
    normType: LayerNorm.Kind = .layer, activation: Activation = .relu, tying: EmbeddingTying = .all,
    initialization: Initialization = .xavier, outputBias: Bool = false,
    copying: CopyingConfiguration? = nil, conventions: TransformerConventions = .init()
  ) {
    self.encoderLayerCount = encoderLayerCount
    self.decoderLayerCount = decoderLayerCount
    self.embeddingSize = embeddingSize
    self.feedForwardSize = feedForwardSize
    self.headCount = headCount
    self.headSize = headSize
    self.dropout = dropout
    self.attentionDropout = attentionDropout
    self.activationDropout = activationDropout
    self.positions = positions
    self.maxPositions = maxPositions
    self.maxDistance = maxDistance
    self.bucketCount = bucketCount
    self.attentionWindow = attentionWindow
    self.globalTokenCount = globalTokenCount
    self.latentCount = latentCount
    self.latentReadEvery = latentReadEvery
    self.memoryCompression = memoryCompression
    self.documentLayerCount = documentLayerCount
    self.norm = norm
    self.normType = normType
    self.activation = activation
    self.tying = tying
    self.initialization = initialization
    self.outputBias = outputBias
    self.copying = copying
    self.conventions = conventions
  }
}

extension TransformerConfiguration {
  /// ``maxDistance``, or what it is where nothing is said.
  package var distanceLimit: Int {
    if let maxDistance { return maxDistance }
    return switch positions {
    case .shaw: 16
    case .disentangled: 64
    case .t5, .sinusoidal, .paperSinusoidal, .learned, .rotary, .alibi: 128
    }
  }

  /// ``bucketCount``, or what it is where nothing is said.
  package var bucketLimit: Int { bucketCount ?? 32 }

  /// How its attentions are divided.
  ///
  /// - Precondition: There are heads, and columns for each.
  package var heads: AttentionHeads {
    AttentionHeads(
      count: headCount, size: columnsPerHead, isScaled: conventions.scaledAttention)
  }

  /// ``headSize``, or what it is where nothing is said.
  package var columnsPerHead: Int { headSize ?? embeddingSize / max(1, headCount) }
}

// What came after the first release may be missing in a file.
extension TransformerConfiguration {
  /// Reads every key; those that files of earlier releases lack have the value they had there.
  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      encoderLayerCount: try keys.decode(Int.self, forKey: .encoderLayerCount),
      decoderLayerCount: try keys.decode(Int.self, forKey: .decoderLayerCount),
      embeddingSize: try keys.decode(Int.self, forKey: .embeddingSize),
      feedForwardSize: try keys.decode(Int.self, forKey: .feedForwardSize),
      headCount: try keys.decode(Int.self, forKey: .headCount),
      headSize: try keys.decodeIfPresent(Int.self, forKey: .headSize),
      dropout: try keys.decode(Double.self, forKey: .dropout),
      attentionDropout: try keys.decode(Double.self, forKey: .attentionDropout),
      activationDropout: try keys.decode(Double.self, forKey: .activationDropout),
      positions: try keys.decode(Positions.self, forKey: .positions),
      maxPositions: try keys.decode(Int.self, forKey: .maxPositions),
      maxDistance: try keys.decodeIfPresent(Int.self, forKey: .maxDistance),
      bucketCount: try keys.decodeIfPresent(Int.self, forKey: .bucketCount),
      attentionWindow: try keys.decodeIfPresent(Int.self, forKey: .attentionWindow),
      globalTokenCount: try keys.decodeIfPresent(Int.self, forKey: .globalTokenCount),
      latentCount: try keys.decodeIfPresent(Int.self, forKey: .latentCount),
      latentReadEvery: try keys.decodeIfPresent(Int.self, forKey: .latentReadEvery),
      memoryCompression: try keys.decodeIfPresent(Int.self, forKey: .memoryCompression),
      documentLayerCount: try keys.decodeIfPresent(Int.self, forKey: .documentLayerCount),
      norm: try keys.decode(NormPlacement.self, forKey: .norm),
      normType: try keys.decodeIfPresent(LayerNorm.Kind.self, forKey: .normType) ?? .layer,
      activation: try keys.decode(Activation.self, forKey: .activation),
      tying: try keys.decode(EmbeddingTying.self, forKey: .tying),
      initialization: try keys.decode(Initialization.self, forKey: .initialization),
      outputBias: try keys.decode(Bool.self, forKey: .outputBias),
      copying: try keys.decodeIfPresent(CopyingConfiguration.self, forKey: .copying),
      conventions: try keys.decodeIfPresent(TransformerConventions.self, forKey: .conventions)
        ?? .init())
  }
}
