public import SeqKernels
public import SeqLayers
public import SeqTensors

/// An encoder, a decoder and a vocabulary projection: every model there is.
public struct ComposedModel<Source: SequenceEncoder, Target: SequenceDecoder>: EncoderDecoder {
  /// Its sizes and choices.
  public let configuration: ModelConfiguration
  /// How many ids each side knows.
  public let vocabularies: VocabularySizes
  /// All its parameters; names begin with `encoder`, `decoder`, an embedding or `output`.
  public let store: ParameterStore
  /// Reads the source.
  public let encoder: Source
  /// Writes the target.
  public let decoder: Target
  /// Last states to logits.
  public let output: VocabularyProjection
  /// Lets words of the source be copied; nil where all are generated.
  public let pointer: PointerGenerator?

  /// Puts together halves whose parameters are in one store.
  init(
    _ configuration: ModelConfiguration, vocabularies: VocabularySizes, store: ParameterStore,
    encoder: Source, decoder: Target, output: VocabularyProjection,
    pointer: PointerGenerator?
  ) {
    self.configuration = configuration
    self.vocabularies = vocabularies
    self.store = store
    self.encoder = encoder
    self.decoder = decoder
    self.output = output
    self.pointer = pointer
  }

  /// The smaller limit of the two halves.
  public var lengthLimit: Int? {
    [encoder.lengthLimit, decoder.lengthLimit].compactMap { $0 }.min()
  }

  /// What the decoder is given of sources.
  public func encode(_ ids: [Int32], _ sequences: Sequences, in context: Context) -> EncodedSource {
    encoder(known(ids), sequences, in: context)
  }

  /// Encodes the sources and decodes the targets, reading what `feed` decides.
  ///
  /// - Precondition: A model that copies has no feed.
  public func states(
    of batch: TokenBatch, feed: (any InputFeed)?, in context: Context
  ) -> DecodedStates {
    let source = encode(batch.sourceIDs, batch.sources, in: context)
    guard let pointer else {
      let pass = decoder.states(of: batch, source, feed: feed, logits: generatorLogits)
      return DecodedStates(pass.states, weights: pass.weights)
    }
    require(feed == nil, "model: one that copies reads gold tokens alone")
    let reading = pointer(
      decoder.states(of: known(batch), source, feed: nil, logits: generatorLogits).states,
      memory: source.memory)
    return DecodedStates(
      reading.states,
      copying: CopyMixture(
        gate: reading.gate, weights: reading.weights, sourceIDs: batch.sourceIDs),
      weights: reading.weights)
  }

  /// The vocabulary projection of states and its cross-entropy in one operation, and of a model that
  /// copies with coverage the loss of that.
  public func loss(
    _ states: DecodedStates, labels: [Int32], labelSmoothing: Double, scale: Float
  ) -> (loss: Tensor, sums: LossSums) {
    var (loss, sums) = states.tensor.crossEntropy(
      labels: labels, weight: output.weight, bias: output.bias, smoothing: labelSmoothing,
      scale: scale, copying: states.copying)
    if let copying = configuration.copying, copying.coverage, let weights = states.copying?.weights
    {
      let (again, sum) = weights.coverageLoss(scale: scale * Float(copying.coverageWeight))
      loss = loss + again
      sums.loss += sum * copying.coverageWeight
    }
    return (loss, sums)
  }

  /// The logits of states, `[rows, target vocabulary]`, or what copying makes of them.
  public func logits(_ states: DecodedStates) -> Tensor {
    let logits = generatorLogits(states.tensor)
    return states.copying.map { logits.copyLogProbabilities($0) } ?? logits
  }

  private func generatorLogits(_ states: Tensor) -> Tensor {
    states.linear(weight: output.weight, bias: output.bias)
  }

  /// The ids as encoder and decoder read them: words beyond the vocabulary, which can be copied
  /// alone, are unknown.
  func known(_ ids: [Int32]) -> [Int32] {
    guard pointer != nil else { return ids }
    return ids.map { $0 < vocabularies.source ? $0 : specialTokens.unknown }
  }

  private func known(_ batch: TokenBatch) -> TokenBatch {
    batch.reading(known(batch.inputIDs))
  }

  /// What every layer attends to under teacher forcing, a value for each pair of the batch.
  public func attention(of batch: TokenBatch, in context: Context) -> [PairAttention] {
    let (source, encoding) = context.capturingAttention {
      encode(batch.sourceIDs, batch.sources, in: context)
    }
    let (states, decoding) = context.capturingAttention {
      decoder.states(of: known(batch), source, feed: nil, logits: generatorLogits).states
    }
    let pointed = pointer.map { $0(states, memory: source.memory).weights.maps } ?? []
    let read = encoder.attention(among: encoding, of: batch)
    let written = decoder.attention(among: decoding, of: batch)
    return (0..<batch.sources.count).map { pair in
      PairAttention(
        encoder: read.own.map { $0[pair] }, reads: read.reads.map { $0[pair] },
        pooling: read.pooling.map { $0[pair] }, document: read.document.map { $0[pair] },
        decoder: written.own.map { $0[pair] }, cross: written.cross.map { $0[pair] },
        paragraphs: written.paragraphs.map { $0[pair] },
        pointer: pointed.isEmpty ? nil : pointed[pair])
    }
  }

  /// The model bound to a context in inference mode, for one search.
  public func steps(in context: Context) -> ComposedSteps<Source, Target> {
    ComposedSteps(self, in: context)
  }
}

/// The map from a decoder's last states to logits: `x Wᵀ + b`.
public struct VocabularyProjection: Sendable {
  /// A row for every target token, `[target vocabulary, stateSize]`.
  public let weight: Parameter
  /// A number for every target token; nil adds nothing.
  public let bias: Parameter?
}

/// The tables of a model by which ids become vectors and states logits, shared as its tying says.
struct VocabularyTables {
  let source: Parameter
  let target: Parameter
  private let tied: Bool

  /// Names them `embedding`, where all are one, or `source_embedding` and `target_embedding`.
  ///
  /// - Precondition: One embedding for both sides needs equal vocabularies and sizes.
  init(
    in scope: ParameterScope, _ tying: EmbeddingTying, _ vocabularies: VocabularySizes,
    source sourceHalf: Embeddings, target targetHalf: Embeddings
  ) {
    let (sourceSize, targetSize) = (sourceHalf.size, targetHalf.size)
    func table(_ name: String, _ count: Int, _ half: Embeddings) -> Parameter {
      scope[name].parameter("weight", [count, half.size], .normal(deviation: half.deviation))
    }
    switch tying {
    case .all, .embeddings:
      require(
        vocabularies.source == vocabularies.target && sourceSize == targetSize,
        "model: vocabularies of \(vocabularies.source) and \(vocabularies.target), embeddings of "
          + "\(sourceSize) and \(targetSize): the embeddings cannot be one")
      source = table("embedding", vocabularies.source, sourceHalf)
      target = source
    case .target, .none:
      source = table("source_embedding", vocabularies.source, sourceHalf)
      target = table("target_embedding", vocabularies.target, targetHalf)
    }
    tied = tying.sharesProjection
  }

  /// The projection of states to the target vocabulary: the target's table, or a matrix of its own
  /// named `output`.
  ///
  /// - Precondition: Tied, states have the size of the target's embeddings.
  func projection(in scope: ParameterScope, stateSize: Int, hasBias: Bool) -> VocabularyProjection {
    let count = target.shape[0]
    require(
      !tied || target.shape[1] == stateSize,
      "model: states of \(stateSize), embeddings of \(target.shape[1]): the projection cannot be "
        + "the target's embedding")
    return VocabularyProjection(
      weight: tied
        ? target : scope["output"].parameter("weight", [count, stateSize], .xavierUniform()),
      bias: hasBias ? scope["output"].parameter("bias", [count], .constant(0)) : nil)
  }
}

/// The embeddings of one side.
struct Embeddings {
  /// Columns.
  let size: Int
  /// Of the normal distribution that they start from.
  let deviation: Float

  /// By default 1/√size: as rows of an output projection they then give logits of about 1.
  init(size: Int, deviation: Double? = nil) {
    self.size = size
    self.deviation = deviation.map(Float.init) ?? 1 / Float(size).squareRoot()
  }
}

/// Which of a model's three vocabulary matrices are one parameter.
public enum EmbeddingTying: String, Codable, Hashable, Sendable, CaseIterable {
  /// Source embedding, target embedding and output projection are separate.
  case none
  /// Target embedding and output projection are one (Press & Wolf 2017, arXiv:1608.05859).
  case target
  /// All three are one; needs a shared vocabulary.
  case all
  /// The two embeddings are one and the output projection is another, as in T5's second form; needs a
  /// shared vocabulary.
  case embeddings

  /// Whether one matrix embeds both sides.
  public var sharesEmbeddings: Bool { self == .all || self == .embeddings }

  /// Whether the output projection is the target's embedding.
  public var sharesProjection: Bool { self == .all || self == .target }
}
