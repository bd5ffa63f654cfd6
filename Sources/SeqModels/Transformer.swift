public import SeqKernels
internal import SeqLayers
public import SeqTensors

/// One layer of the encoder: self-attention, then the position-wise network.
struct TransformerEncoderLayer: Sendable {
  let selfAttention: SelfAttention
  let selfAttentionNorm: LayerNorm
  let feedForward: FeedForward
  let feedForwardNorm: LayerNorm

  init(in scope: ParameterScope, _ configuration: TransformerConfiguration, outputGain: Float) {
    let size = configuration.embeddingSize
    selfAttention = SelfAttention(
      in: scope["self_attention"], configuration, outputGain: outputGain)
    selfAttentionNorm = LayerNorm(in: scope["self_attention_norm"], size: size)
    feedForward = FeedForward(in: scope["feed_forward"], configuration, outerGain: outputGain)
    feedForwardNorm = LayerNorm(in: scope["feed_forward_norm"], size: size)
  }

  func callAsFunction(_ stream: inout ResidualStream) {
    stream.apply(selfAttentionNorm) { selfAttention($0) }
    stream.apply(feedForwardNorm) { feedForward($0) }
  }
}

/// One layer of the decoder: causal self-attention, attention to the memory, the position-wise
/// network.
struct TransformerDecoderLayer: Sendable {
  let selfAttention: SelfAttention
  let selfAttentionNorm: LayerNorm
  let crossAttention: CrossAttention
  let crossAttentionNorm: LayerNorm
  let feedForward: FeedForward
  let feedForwardNorm: LayerNorm

  init(in scope: ParameterScope, _ configuration: TransformerConfiguration, outputGain: Float) {
    let size = configuration.embeddingSize
    selfAttention = SelfAttention(
      in: scope["self_attention"], configuration, outputGain: outputGain)
    selfAttentionNorm = LayerNorm(in: scope["self_attention_norm"], size: size)
    crossAttention = CrossAttention(
      in: scope["cross_attention"], size: size, headCount: configuration.headCount,
      dropout: configuration.attentionDropout, outputGain: outputGain)
    crossAttentionNorm = LayerNorm(in: scope["cross_attention_norm"], size: size)
    feedForward = FeedForward(in: scope["feed_forward"], configuration, outerGain: outputGain)
    feedForwardNorm = LayerNorm(in: scope["feed_forward_norm"], size: size)
  }

  func callAsFunction(_ stream: inout ResidualStream, memory: Tensor) {
    stream.apply(selfAttentionNorm) { selfAttention($0, mask: .causal) }
    stream.apply(crossAttentionNorm) { crossAttention($0, memory: memory) }
    stream.apply(feedForwardNorm) { feedForward($0) }
  }

  /// The same over one row per hypothesis, the past in the cache.
  func step(
    _ stream: inout ResidualStream, cache: inout KeyValueCache, history: DecodingHistory,
    projectedMemory: Tensor, sequence: [Int]
  ) {
    stream.apply(selfAttentionNorm) {
      selfAttention.step($0, cache: &cache, history: history)
    }
    stream.apply(crossAttentionNorm) {
      crossAttention.step($0, projected: projectedMemory, sequence: sequence)
    }
    stream.apply(feedForwardNorm) { feedForward($0) }
  }
}

/// Token ids to vectors: rows of a table times √size, plus positions, with dropout.
struct TransformerEmbedding: Sendable {
  enum Positions: Sendable {
    case sinusoidal(SinusoidalPositions)
    case learned(Parameter)
  }

  /// A row for every id, `[vocabulary, size]`.
  let table: Parameter
  let positions: Positions
  let dropout: Double

  /// Names learned positions in `scope`, which is that of a side of the model.
  init(
    table: Parameter, in scope: ParameterScope, _ configuration: TransformerConfiguration,
    sinusoids: SinusoidalPositions
  ) {
    self.table = table
    dropout = configuration.dropout
    switch configuration.positions {
    case .sinusoidal: positions = .sinusoidal(sinusoids)
    case .learned:
      let size = configuration.embeddingSize
      positions = .learned(
        scope["positions"].parameter(
          "weight", [configuration.maxPositions, size],
          .normal(deviation: 1 / Float(size).squareRoot())))
    }
  }

  func callAsFunction(
    _ ids: [Int32], _ sequences: Sequences, firstPosition: Int = 0, in context: Context
  ) -> Tensor {
    let rows: PositionTable
    switch positions {
    case .learned(let parameter): rows = .learned(parameter)
    case .sinusoidal(let sinusoids):
      rows = .fixed(sinusoids.table(count: firstPosition + (sequences.lengths.max() ?? 0)))
    }
    return context.embed(
      ids, in: table, sequences: sequences, scale: Float(table.shape[1]).squareRoot(),
      positions: rows, firstPosition: firstPosition, dropout: dropout)
  }
}

/// The Transformer encoder–decoder.
///
/// - SeeAlso: Vaswani et al. 2017, arXiv:1706.03762.
public struct Transformer: EncoderDecoder {
  /// Its sizes and choices.
  public let configuration: TransformerConfiguration
  /// How many ids each side knows.
  public let vocabularies: VocabularySizes
  /// All its parameters; names begin with `encoder`, `decoder`, an embedding or `output`.
  public let store: ParameterStore
  let sourceEmbedding: TransformerEmbedding
  let targetEmbedding: TransformerEmbedding
  let encoderLayers: [TransformerEncoderLayer]
  let encoderNorm: LayerNorm?
  let decoderLayers: [TransformerDecoderLayer]
  let decoderNorm: LayerNorm?
  /// The vocabulary projection, `[target vocabulary, size]`.
  let outputWeight: Parameter
  let outputBias: Parameter?

  /// A model with fresh parameters, whose initial values are drawn from the seed.
  ///
  /// - Precondition: The head count divides the embedding size; tying all three matrices needs
  ///   equal vocabularies.
  public init(
    _ configuration: TransformerConfiguration, vocabularies: VocabularySizes, seed: UInt64 = 1
  ) {
    self.configuration = configuration
    self.vocabularies = vocabularies
    store = ParameterStore(seed: seed)
    let scope = store.root
    let size = configuration.embeddingSize

    func table(_ scope: ParameterScope, _ count: Int) -> Parameter {
      scope.parameter("weight", [count, size], .normal(deviation: 1 / Float(size).squareRoot()))
    }
    let sourceTable: Parameter
    let targetTable: Parameter
    switch configuration.tying {
    case .all:
      require(
        vocabularies.source == vocabularies.target,
        "transformer: vocabularies of \(vocabularies.source) and \(vocabularies.target), all three "
          + "matrices cannot be one")
      sourceTable = table(scope["embedding"], vocabularies.source)
      targetTable = sourceTable
    case .target, .none:
      sourceTable = table(scope["source_embedding"], vocabularies.source)
      targetTable = table(scope["target_embedding"], vocabularies.target)
    }
    let sinusoids = SinusoidalPositions(size: size)
    sourceEmbedding = TransformerEmbedding(
      table: sourceTable, in: scope["encoder"], configuration, sinusoids: sinusoids)
    targetEmbedding = TransformerEmbedding(
      table: targetTable, in: scope["decoder"], configuration, sinusoids: sinusoids)

    let gains = configuration.outputGains
    encoderLayers = (0..<configuration.encoderLayerCount).map { index in
      TransformerEncoderLayer(
        in: scope["encoder"]["layers"][index], configuration, outputGain: gains.encoder)
    }
    decoderLayers = (0..<configuration.decoderLayerCount).map { index in
      TransformerDecoderLayer(
        in: scope["decoder"]["layers"][index], configuration, outputGain: gains.decoder)
    }
    let hasFinalNorm = configuration.norm == .pre
    encoderNorm = hasFinalNorm ? LayerNorm(in: scope["encoder"]["norm"], size: size) : nil
    decoderNorm = hasFinalNorm ? LayerNorm(in: scope["decoder"]["norm"], size: size) : nil

    outputWeight =
      configuration.tying == .none
      ? scope["output"].parameter("weight", [vocabularies.target, size], .xavierUniform())
      : targetTable
    outputBias =
      configuration.outputBias
      ? scope["output"].parameter("bias", [vocabularies.target], .constant(0)) : nil
  }

  /// The table's size for learned positions, nil for sinusoidal ones.
  public var lengthLimit: Int? {
    configuration.positions == .learned ? configuration.maxPositions : nil
  }

  /// What the decoder attends to, `[source tokens, size]`.
  public func encode(_ ids: [Int32], _ sequences: Sequences, in context: Context) -> Tensor {
    var stream = ResidualStream(
      sourceEmbedding(ids, sequences, in: context), norm: configuration.norm,
      dropout: configuration.dropout)
    for layer in encoderLayers { layer(&stream) }
    return stream.finish(encoderNorm)
  }

  /// The decoder's last states under teacher forcing, `[target tokens, size]`.
  public func decode(_ ids: [Int32], _ sequences: Sequences, memory: Tensor) -> Tensor {
    var stream = ResidualStream(
      targetEmbedding(ids, sequences, in: memory.context), norm: configuration.norm,
      dropout: configuration.dropout)
    for layer in decoderLayers { layer(&stream, memory: memory) }
    return stream.finish(decoderNorm)
  }

  /// Encodes the sources and decodes the targets under teacher forcing, `[target tokens, size]`.
  public func states(of batch: TokenBatch, in context: Context) -> Tensor {
    let memory = encode(batch.sourceIDs, batch.sources, in: context)
    return decode(batch.inputIDs, batch.targets, memory: memory)
  }

  /// The vocabulary projection of states and its cross-entropy in one operation.
  public func loss(
    _ states: Tensor, labels: [Int32], labelSmoothing: Double, scale: Float
  ) -> (loss: Tensor, sums: LossSums) {
    states.crossEntropy(
      labels: labels, weight: outputWeight, bias: outputBias, smoothing: labelSmoothing,
      scale: scale)
  }

  /// The logits of states, `[rows, target vocabulary]`.
  public func logits(_ states: Tensor) -> Tensor {
    states.linear(weight: outputWeight, bias: outputBias)
  }
}

extension TransformerConfiguration {
  /// Factors on the initial weights of the last matrix of every residual branch.
  fileprivate var outputGains: (encoder: Float, decoder: Float) {
    switch initialization {
    case .xavier: (1, 1)
    case .scaled:
      (
        1 / Float(2 * max(encoderLayerCount, 1)).squareRoot(),
        1 / Float(2 * max(decoderLayerCount, 1)).squareRoot()
      )
    }
  }
}

extension TransformerConfiguration.Activation {
  fileprivate var function: Activation {
    switch self {
    case .relu: .relu
    case .gelu: .gelu
    }
  }
}

// What encoder and decoder layers have in common.
extension SelfAttention {
  fileprivate init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration, outputGain: Float
  ) {
    self.init(
      in: scope, size: configuration.embeddingSize, headCount: configuration.headCount,
      dropout: configuration.attentionDropout, outputGain: outputGain)
  }
}

extension FeedForward {
  fileprivate init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration, outerGain: Float
  ) {
    self.init(
      in: scope, size: configuration.embeddingSize, innerSize: configuration.feedForwardSize,
      activation: configuration.activation.function, dropout: configuration.activationDropout,
      outerGain: outerGain)
  }
}
