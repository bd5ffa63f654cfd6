public import SeqLayers
public import SeqTensors

/// The sizes and choices of a recurrent encoder–decoder.
public struct RecurrentConfiguration: Codable, Hashable, Sendable {
  /// How the decoder gets the encoder's last state where there is no attention.
  public enum ContextUse: String, Codable, Hashable, Sendable, CaseIterable {
    /// As its start state (Sutskever, Vinyals, Le 2014, arXiv:1409.3215).
    case start
    /// As its start state and again at every step, into the cell and the output (Cho et al. 2014,
    /// arXiv:1406.1078).
    case everyStep = "every_step"
  }

  /// How the encoder's final states become the decoder's start states.
  public enum Bridge: String, Codable, Hashable, Sendable, CaseIterable {
    /// Through a learned map a layer: `tanh(W h + b)` for the hidden state, linear for the cell's.
    case learned
    /// As they are; needs an encoder of one direction, the same cell and the same size.
    case copy
  }

  /// What computes a state from an input and the state before.
  public var cell: RecurrentCell
  /// Layers of the encoder.
  public var encoderLayerCount: Int
  /// Layers of the decoder.
  public var decoderLayerCount: Int
  /// Columns of embeddings.
  public var embeddingSize: Int
  /// The deviation of the normal distribution that embeddings start from.
  ///
  /// Nil is one divided by the root of ``embeddingSize``, which suits tables that are also the output
  /// projection; PyTorch's embeddings start from 1.
  public var embeddingDeviation: Double?
  /// Columns of a layer's states, of each direction in the encoder.
  public var hiddenSize: Int
  /// Which way the encoder reads; ``RecurrentDirection/backward`` is Sutskever's reversed source.
  public var direction: RecurrentDirection
  /// What the decoder looks at while it writes; nil leaves it the encoder's final state alone.
  public var attention: RecurrentAttentionConfiguration?
  /// How that state is used; without attention only.
  public var contextUse: ContextUse
  /// From final states to start states.
  public var bridge: Bridge
  /// Probability of zeroing an element of embeddings, between layers and of the last states, 0–1.
  public var dropout: Double
  /// Whether a sequence drops the same elements at all its positions, of the recurrent states too.
  ///
  /// - SeeAlso: Gal & Ghahramani 2016, arXiv:1512.05287.
  public var variationalDropout: Bool
  /// What an LSTM's forget gate has more at the start of training; Jozefowicz, Zaremba, Sutskever
  /// 2015 recommend 1.
  public var forgetBias: Double
  /// Which of the three vocabulary matrices are one; where the output projection is among them, the last
  /// states must have the embeddings' size.
  public var tying: EmbeddingTying
  /// Whether the output projection adds a bias per token.
  public var outputBias: Bool
  /// How words of the source are copied; nil generates all.
  public var copying: CopyingConfiguration?

  /// The sizes are by default small: a model for a task rather than a language pair.
  public init(
    cell: RecurrentCell = .lstm, encoderLayerCount: Int = 1, decoderLayerCount: Int = 1,
    embeddingSize: Int = 256, embeddingDeviation: Double? = nil, hiddenSize: Int = 256,
    direction: RecurrentDirection = .bidirectional,
    attention: RecurrentAttentionConfiguration? = .init(), contextUse: ContextUse = .start,
    bridge: Bridge = .learned, dropout: Double = 0.2, variationalDropout: Bool = false,
    forgetBias: Double = 0, tying: EmbeddingTying = .none, outputBias: Bool = true,
    copying: CopyingConfiguration? = nil
  ) {
    self.cell = cell
    self.encoderLayerCount = encoderLayerCount
    self.decoderLayerCount = decoderLayerCount
    self.embeddingSize = embeddingSize
    self.embeddingDeviation = embeddingDeviation
    self.hiddenSize = hiddenSize
    self.direction = direction
    self.attention = attention
    self.contextUse = contextUse
    self.bridge = bridge
    self.dropout = dropout
    self.variationalDropout = variationalDropout
    self.forgetBias = forgetBias
    self.tying = tying
    self.outputBias = outputBias
    self.copying = copying
  }

  /// Columns of the encoder's memory.
  public var memorySize: Int {
    // Sizes from outside may be absurd: twice the size may be no number.
    direction == .bidirectional ? 2 * min(hiddenSize, .max / 2) : hiddenSize
  }
}

/// How a recurrent decoder attends to the source.
public struct RecurrentAttentionConfiguration: Codable, Hashable, Sendable {
  /// Where attention stands to the recurrent step.
  public enum Placement: String, Codable, Hashable, Sendable, CaseIterable {
    /// The state before the step asks, and the context enters the cell with the token (Bahdanau,
    /// Cho, Bengio 2015, arXiv:1409.0473).
    case before
    /// The state after the step asks, and `tanh(W [context; state])` is what the vocabulary sees
    /// (Luong, Pham, Manning 2015, arXiv:1508.04025).
    case after
  }

  /// How a query and a key are compared.
  public var score: AttentionScoreKind
  /// Columns inside the score; nil is the decoder's hidden size.
  ///
  /// Additive and concat take the hyperbolic tangent of so many, queries and keys of scaled dot and
  /// multi-head have so many; dot and general have none.
  public var size: Int?
  /// Heads of multi-head attention.
  public var headCount: Int
  /// Before the step or after it.
  public var placement: Placement
  /// Whether the last `tanh(W [context; state])` enters the next step beside the token; after the
  /// step only.
  ///
  /// - SeeAlso: Luong, Pham, Manning 2015, §3.3.
  public var inputFeeding: Bool

  /// By default Luong's general attention after the step.
  public init(
    score: AttentionScoreKind = .general, size: Int? = nil, headCount: Int = 4,
    placement: Placement = .after, inputFeeding: Bool = false
  ) {
    self.score = score
    self.size = size
    self.headCount = headCount
    self.placement = placement
    self.inputFeeding = inputFeeding
  }
}
