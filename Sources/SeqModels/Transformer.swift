internal import SeqKernels
internal import SeqLayers
public import SeqTensors

/// Attention to a memory beside what a layer has anyway: that of latents to the source, or that of a
/// decoder to paragraphs.
struct SourceReading: Sendable {
  let attention: CrossAttention
  let norm: LayerNorm

  /// Names its parts in the scope of the layer.
  init(
    in scope: ParameterScope, named name: String, _ configuration: TransformerConfiguration,
    outputGain: Float
  ) {
    let size = configuration.embeddingSize
    attention = CrossAttention(
      in: scope[name], size: size, heads: configuration.heads,
      hasBias: configuration.conventions.linearBias, dropout: configuration.attentionDropout,
      outputGain: outputGain)
    norm = LayerNorm(in: scope["\(name)_norm"], configuration)
  }
}

/// One layer of the encoder: self-attention, then the position-wise network; in some layers over
/// latents these read the source first.
struct TransformerEncoderLayer: Sendable {
  let reading: SourceReading?
  let selfAttention: SelfAttention
  let selfAttentionNorm: LayerNorm
  let feedForward: FeedForward
  let feedForwardNorm: LayerNorm

  init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration,
    positions: StackPositions, window: AttentionWindow? = nil, readsSource: Bool = false,
    outputGain: Float
  ) {
    reading =
      readsSource
      ? SourceReading(in: scope, named: "reading", configuration, outputGain: outputGain) : nil
    selfAttention = SelfAttention(
      in: scope["self_attention"], configuration, positions: positions, window: window,
      outputGain: outputGain)
    selfAttentionNorm = LayerNorm(in: scope["self_attention_norm"], configuration)
    feedForward = FeedForward(in: scope["feed_forward"], configuration, outerGain: outputGain)
    feedForwardNorm = LayerNorm(in: scope["feed_forward_norm"], configuration)
  }

  /// `source` is what latents read; without them there is none.
  func callAsFunction(_ stream: inout ResidualStream, source: Tensor? = nil) {
    if let reading, let source {
      stream.apply(reading.norm) { reading.attention($0, memory: source) }
    }
    stream.apply(selfAttentionNorm) { selfAttention($0) }
    stream.apply(feedForwardNorm) { feedForward($0) }
  }
}

/// One layer of the decoder: causal self-attention, attention to the memory and, where there are
/// paragraphs, to these, the position-wise network.
struct TransformerDecoderLayer: Sendable {
  let selfAttention: SelfAttention
  let selfAttentionNorm: LayerNorm
  let crossAttention: CrossAttention
  let crossAttentionNorm: LayerNorm
  let paragraphs: SourceReading?
  let feedForward: FeedForward
  let feedForwardNorm: LayerNorm

  init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration,
    positions: StackPositions, readsParagraphs: Bool, outputGain: Float
  ) {
    selfAttention = SelfAttention(
      in: scope["self_attention"], configuration, positions: positions, outputGain: outputGain)
    selfAttentionNorm = LayerNorm(in: scope["self_attention_norm"], configuration)
    crossAttention = CrossAttention(
      in: scope["cross_attention"], size: configuration.embeddingSize, heads: configuration.heads,
      hasBias: configuration.conventions.linearBias, dropout: configuration.attentionDropout,
      outputGain: outputGain)
    crossAttentionNorm = LayerNorm(in: scope["cross_attention_norm"], configuration)
    paragraphs =
      readsParagraphs
      ? SourceReading(
        in: scope, named: "paragraph_attention", configuration, outputGain: outputGain) : nil
    feedForward = FeedForward(in: scope["feed_forward"], configuration, outerGain: outputGain)
    feedForwardNorm = LayerNorm(in: scope["feed_forward_norm"], configuration)
  }

  /// Gives what the first head of cross-attention attended to, if that is wanted.
  @discardableResult
  func callAsFunction(
    _ stream: inout ResidualStream, memory: Memory, givesWeights: Bool = false
  ) -> SourceWeights? {
    var weights: SourceWeights?
    stream.apply(selfAttentionNorm) { selfAttention($0, mask: .causal) }
    stream.apply(crossAttentionNorm) { x in
      guard givesWeights else { return crossAttention(x, memory: memory.tokens) }
      let (result, found) = crossAttention.withWeights(x, memory: memory.tokens)
      weights = found
      return result
    }
    if let paragraphs, let rows = memory.paragraphs {
      stream.apply(paragraphs.norm) { paragraphs.attention($0, memory: rows) }
    }
    stream.apply(feedForwardNorm) { feedForward($0) }
    return weights
  }

  /// The same over one row per hypothesis, the past in the cache.
  func step(
    _ stream: inout ResidualStream, cache: inout KeyValueCache, history: DecodingHistory,
    relative: RelativePositions?, projected: ProjectedMemory, sequence: [Int]
  ) {
    stream.apply(selfAttentionNorm) {
      selfAttention.step($0, cache: &cache, history: history, relative: relative)
    }
    stream.apply(crossAttentionNorm) {
      crossAttention.step($0, projected: projected.tokens, sequence: sequence)
    }
    if let paragraphs, let rows = projected.paragraphs {
      stream.apply(paragraphs.norm) {
        paragraphs.attention.step($0, projected: rows, sequence: sequence)
      }
    }
    stream.apply(feedForwardNorm) { feedForward($0) }
  }

  /// What a layer attends to beside the target, as the encoder left it.
  struct Memory {
    /// A row for every source token, or what stands for some of them.
    let tokens: Tensor
    /// A row for every paragraph; nil where the encoder knows none.
    let paragraphs: Tensor?
  }

  /// The same as the keys and values of a layer.
  struct ProjectedMemory {
    let tokens: SequencePages
    let paragraphs: SequencePages?
  }

  /// The keys and values of a memory, for all steps.
  func projected(_ memory: Memory) -> ProjectedMemory {
    ProjectedMemory(
      tokens: crossAttention.projected(memory.tokens),
      paragraphs: memory.paragraphs.flatMap { paragraphs?.attention.projected($0) })
  }
}

/// The encoder of the Transformer.
public struct TransformerEncoder: SequenceEncoder {
  let configuration: TransformerConfiguration
  let embedding: TransformerEmbedding
  /// What layers run over in the place of tokens; nil is the tokens themselves.
  let latents: LatentArray?
  let layers: [TransformerEncoderLayer]
  /// After the last layer, where norms stand before the blocks.
  let norm: LayerNorm?
  /// What a source ends in, and each of its paragraphs.
  let endToken: Int32
  /// What runs over paragraphs; nil reads a source as one.
  let document: DocumentEncoder?
  /// Makes the memory shorter at the end; nil leaves it.
  let compression: MemoryCompression?

  /// Names its parameters in the scope of the encoder; the table is made elsewhere.
  init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration, table: Parameter,
    sinusoids: SinusoidalPositions, endToken: Int32
  ) {
    self.configuration = configuration
    self.endToken = endToken
    embedding = TransformerEmbedding(table: table, in: scope, configuration, sinusoids: sinusoids)
    let size = configuration.embeddingSize
    latents = configuration.latentCount.map {
      LatentArray(
        in: scope["latents"], count: $0, size: size, normType: configuration.normType,
        epsilon: Float(configuration.conventions.normEpsilon))
    }
    let positions = StackPositions(in: scope, configuration, twoSided: true)
    layers = (0..<configuration.encoderLayerCount).map { index in
      TransformerEncoderLayer(
        in: scope["layers"][index], configuration, positions: positions,
        window: configuration.window, readsSource: configuration.readsSource(inLayer: index),
        outputGain: configuration.outputGains.encoder)
    }
    document = configuration.documentLayerCount.map {
      DocumentEncoder(in: scope["document"], configuration, layerCount: $0, sinusoids: sinusoids)
    }
    norm = configuration.norm == .pre ? LayerNorm(in: scope["norm"], configuration) : nil
    compression = configuration.memoryCompression.map {
      MemoryCompression(in: scope["memory_compression"], size: size, rate: $0)
    }
  }

  /// The embedding size.
  public var memorySize: Int { configuration.embeddingSize }
  /// None.
  public var finalStates: FinalStates? { nil }
  /// The table's size for learned positions, nil for sinusoidal ones.
  public var lengthLimit: Int? { configuration.lengthLimit }

  /// Lets every token of a source see all of them, or those in its window; or lets latents see them; or
  /// lets tokens see their paragraph, and paragraphs one another.
  public func callAsFunction(
    _ ids: [Int32], _ sequences: Sequences, in context: Context
  ) -> EncodedSource {
    let paragraphs = document.map { _ in Paragraphs(of: ids, sequences, end: endToken) }
    let tokens = embedding(ids, paragraphs?.tokens ?? sequences, in: context)
    let source = latents?.memory(tokens)
    var stream = ResidualStream(
      latents?.start(sequences, in: context) ?? tokens, norm: configuration.norm,
      dropout: configuration.dropout)
    for (index, layer) in layers.enumerated() {
      layer(&stream, source: source)
      stream.captured(as: "encoder.layers.\(index)")
    }
    var rows: Tensor?
    if let document, let paragraphs {
      rows = document(&stream, paragraphs)
      stream.captured(as: "encoder.document")
    }
    var memory = stream.finish(norm)
    // Attention of the decoder is to the whole of a source.
    if paragraphs != nil { memory = memory.divided(into: sequences) }
    return EncodedSource(memory: compression?(memory) ?? memory, paragraphs: rows)
  }

  /// Whether layers run over paragraphs.
  public var givesParagraphs: Bool { document != nil }

  /// The first of two in layers that read are readings; what follows all layers is of paragraphs.
  public func attention(
    among captured: [[AttentionMap]], of batch: TokenBatch
  ) -> EncoderAttention {
    var rest = captured[...]
    var found = EncoderAttention()
    for layer in layers {
      if layer.reading != nil, let read = rest.popFirst() { found.reads.append(read) }
      if let attention = rest.popFirst() { found.own.append(attention) }
    }
    guard document != nil else { return found }
    // One map for each paragraph becomes one for each source.
    let paragraphs = Paragraphs(of: batch.sourceIDs, batch.sources, end: endToken)
    found.own = found.own.map { paragraphs.joined($0) }
    found.pooling = rest.popFirst().map { paragraphs.joined($0) }
    found.document = Array(rest)
    return found
  }
}

/// The decoder of the Transformer.
public struct TransformerDecoder: SequenceDecoder {
  let configuration: TransformerConfiguration
  let embedding: TransformerEmbedding
  /// Memories of another size than the embeddings' to theirs.
  let memoryMap: Linear?
  let layers: [TransformerDecoderLayer]
  /// After the last layer, where norms stand before the blocks.
  let norm: LayerNorm?

  /// Names its parameters in the scope of the decoder; the table is made elsewhere.
  init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration, table: Parameter,
    sinusoids: SinusoidalPositions, memorySize: Int, readsParagraphs: Bool
  ) {
    self.configuration = configuration
    let size = configuration.embeddingSize
    embedding = TransformerEmbedding(table: table, in: scope, configuration, sinusoids: sinusoids)
    memoryMap =
      memorySize == size
      ? nil : Linear(in: scope["memory"], inputSize: memorySize, outputSize: size)
    let positions = StackPositions(in: scope, configuration, twoSided: false)
    layers = (0..<configuration.decoderLayerCount).map { index in
      TransformerDecoderLayer(
        in: scope["layers"][index], configuration, positions: positions,
        readsParagraphs: readsParagraphs, outputGain: configuration.outputGains.decoder)
    }
    norm = configuration.norm == .pre ? LayerNorm(in: scope["norm"], configuration) : nil
  }

  /// The embedding size.
  public var stateSize: Int { configuration.embeddingSize }
  /// The table's size for learned positions, nil for sinusoidal ones.
  public var lengthLimit: Int? { configuration.lengthLimit }

  /// All positions at once, each seeing those before it.
  public func states(
    of batch: TokenBatch, _ source: EncodedSource, feed: (any InputFeed)?,
    logits: @escaping (Tensor) -> Tensor
  ) -> DecoderPass {
    let context = source.memory.context
    let memory = memory(source)
    let aligningLayer =
      batch.alignment.isEmpty ? nil : PairAttention.alignmentLayer(of: layers.count)
    // Of two passes, those of the second.
    var weights: SourceWeights?
    let states = twoPassStates(of: batch, feed: feed, in: context, logits: logits) { inputs in
      var stream = ResidualStream(
        embedding(inputs.tokens, mixture: inputs.mixture, batch.targets, in: context),
        norm: configuration.norm, dropout: configuration.dropout)
      for (index, layer) in layers.enumerated() {
        let found = layer(&stream, memory: memory, givesWeights: index == aligningLayer)
        if let found { weights = found }
        stream.captured(as: "decoder.layers.\(index)")
      }
      return finished(&stream)
    }
    return DecoderPass(states, weights: weights)
  }

  /// The states that the vocabulary sees.
  private func finished(_ stream: inout ResidualStream) -> Tensor {
    let states = stream.finish(norm)
    guard configuration.conventions.scaledOutput else { return states }
    return 1 / Float(stateSize).squareRoot() * states
  }

  private func memory(_ source: EncodedSource) -> TransformerDecoderLayer.Memory {
    func mapped(_ rows: Tensor) -> Tensor { memoryMap?(rows) ?? rows }
    return TransformerDecoderLayer.Memory(
      tokens: mapped(source.memory), paragraphs: source.paragraphs.map(mapped))
  }

  /// What the layers remember of the sources and of every hypothesis.
  public struct State {
    /// For every decoder layer the keys and values of all memories.
    let projected: [TransformerDecoderLayer.ProjectedMemory]
    /// For every decoder layer what distances add to the scores of its self-attention.
    let relative: [RelativePositions?]
    /// For every row the memory it attends to.
    var sequence: [Int]
    var caches: [KeyValueCache]
    var history: DecodingHistory
    var position = 0
  }

  /// Projects the memories for every layer.
  public func start(_ source: EncodedSource) -> State {
    let memory = memory(source)
    let count = memory.tokens.sequences?.count ?? 0
    return State(
      projected: layers.map { $0.projected(memory) },
      relative: layers.map { $0.selfAttention.relative(in: memory.tokens.context) },
      sequence: Array(0..<count), caches: layers.map { _ in KeyValueCache() },
      history: DecodingHistory(rowCount: count))
  }

  /// One position a row, the past in the caches.
  public func step(_ tokens: [Int32], _ state: inout State, in context: Context) -> Tensor {
    let rows = Sequences(lengths: Array(repeating: 1, count: tokens.count))
    var stream = ResidualStream(
      embedding(tokens, rows, firstPosition: state.position, in: context),
      norm: configuration.norm, dropout: 0)
    for (index, layer) in layers.enumerated() {
      layer.step(
        &stream, cache: &state.caches[index], history: state.history,
        relative: state.relative[index],
        projected: state.projected[index], sequence: state.sequence)
    }
    state.history.advance()
    state.position += 1
    return finished(&stream)
  }

  /// Copies keys and values of the latest steps where a hypothesis goes on as several, and else moves
  /// indices alone.
  public func reorder(_ state: inout State, rows: [Int]) {
    state.sequence = rows.map { state.sequence[$0] }
    let division = state.history.reorder(rows)
    for index in state.caches.indices { state.caches[index].divide(division) }
  }

  /// Always.
  public var attendsToSource: Bool { true }

  /// That of ``PairAttention/alignmentLayer(of:)``.
  public func sourceAttention(amongStep captured: [[AttentionMap]]) -> [[Float]] {
    let cross = attention(1, among: captured)
    guard !cross.isEmpty else { return [] }
    return cross[PairAttention.alignmentLayer(of: cross.count)].map { $0.meanRows[0] }
  }

  /// A layer attends to itself first, then to the memory, then to paragraphs.
  public func attention(
    among captured: [[AttentionMap]], of batch: TokenBatch
  ) -> DecoderAttention {
    DecoderAttention(
      own: attention(0, among: captured), cross: attention(1, among: captured),
      paragraphs: layers.first?.paragraphs == nil ? [] : attention(2, among: captured))
  }

  /// Of the attentions of every layer that of a place among them.
  private func attention(_ place: Int, among captured: [[AttentionMap]]) -> [[AttentionMap]] {
    stride(
      from: place, to: captured.count, by: layers.first?.paragraphs == nil ? 2 : 3
    ).map { captured[$0] }
  }
}

/// The Transformer encoder–decoder.
///
/// - SeeAlso: Vaswani et al. 2017, arXiv:1706.03762.
public typealias Transformer = ComposedModel<TransformerEncoder, TransformerDecoder>

extension Transformer {
  /// A model with fresh parameters, whose initial values are drawn from the seed.
  ///
  /// - Precondition: The head count divides the embedding size; tying all three matrices needs
  ///   equal vocabularies.
  public init(
    _ configuration: TransformerConfiguration, vocabularies: VocabularySizes, seed: UInt64 = 1
  ) {
    let store = ParameterStore(seed: seed)
    let scope = store.root
    let size = configuration.embeddingSize
    let tables = VocabularyTables(
      in: scope, configuration.tying, vocabularies, source: Embeddings(size: size),
      target: Embeddings(size: size))
    let sinusoids = SinusoidalPositions(configuration)
    self.init(
      .transformer(configuration), vocabularies: vocabularies, store: store,
      encoder: TransformerEncoder(
        in: scope["encoder"], configuration, table: tables.source, sinusoids: sinusoids,
        endToken: vocabularies.specialTokens.end),
      decoder: TransformerDecoder(
        in: scope["decoder"], configuration, table: tables.target, sinusoids: sinusoids,
        memorySize: size, readsParagraphs: configuration.documentLayerCount != nil),
      output: tables.projection(in: scope, stateSize: size, hasBias: configuration.outputBias),
      pointer: PointerGenerator(
        in: scope, configuration.copying, stateSize: size, memorySize: size))
  }
}

extension TransformerConfiguration {
  /// The rows of the table of learned positions, nil for sinusoidal ones.
  var lengthLimit: Int? {
    positions == .learned ? maxPositions - conventions.positionOffset : nil
  }

  /// Factors on the initial weights of the last matrix of every residual branch.
  var outputGains: (encoder: Float, decoder: Float) {
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
    case .gelu, .geglu: .gelu
    case .geluTanh, .gegluTanh: .geluTanh
    case .swish, .swiglu: .swish
    }
  }
}

// What encoder and decoder layers have in common.
extension SelfAttention {
  fileprivate init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration,
    positions: StackPositions, window: AttentionWindow? = nil, outputGain: Float
  ) {
    self.init(
      in: scope, size: configuration.embeddingSize, heads: configuration.heads,
      hasBias: configuration.conventions.linearBias, dropout: configuration.attentionDropout,
      positions: positions.layer(in: scope), window: window, outputGain: outputGain)
  }
}

extension LayerNorm {
  init(in scope: ParameterScope, _ configuration: TransformerConfiguration) {
    self.init(
      in: scope, size: configuration.embeddingSize, kind: configuration.normType,
      epsilon: Float(configuration.conventions.normEpsilon))
  }
}

extension FeedForward {
  fileprivate init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration, outerGain: Float
  ) {
    self.init(
      in: scope, size: configuration.embeddingSize, innerSize: configuration.feedForwardSize,
      activation: configuration.activation.function, isGated: configuration.activation.isGated,
      hasBias: configuration.conventions.linearBias, dropout: configuration.activationDropout,
      outerGain: outerGain)
  }
}
