internal import SeqLayers
internal import SeqTensors

/// What lets the paragraphs of a source know one another, after each was read alone.
///
/// Every paragraph is pooled to one vector; layers of self-attention run over the vectors of a source,
/// which know their places; what they come to is added to all tokens of the paragraph, as one more
/// residual block. So a token knows of other paragraphs what a vector tells, and a source costs the sum
/// of the squares of its paragraphs' lengths, not the square of its own.
///
/// - SeeAlso: Liu & Lapata 2019, "Hierarchical Transformers for multi-document summarization",
///   arXiv:1905.13164, §3.2, whose layers alternate between the two levels; Yang et al. 2016, N16-1174, reads
///   one level after the other, as here.
struct DocumentEncoder: Sendable {
  private let configuration: TransformerConfiguration
  /// Of tokens, for the block by which they learn of other paragraphs.
  let tokenNorm: LayerNorm
  let pooling: AttentionPooling
  let positions: TransformerEmbedding.Positions
  let layers: [TransformerEncoderLayer]
  /// After the last layer, where norms stand before the blocks.
  let norm: LayerNorm?
  /// The map of a paragraph's states to what its tokens are told, `[size, size]`.
  let output: Linear

  /// Names its parameters in the scope of the level, which is the encoder's `document`.
  init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration, layerCount: Int,
    sinusoids: SinusoidalPositions
  ) {
    self.configuration = configuration
    let size = configuration.embeddingSize
    tokenNorm = LayerNorm(in: scope["token_norm"], configuration)
    pooling = AttentionPooling(
      in: scope["pooling"], size: size, heads: configuration.heads,
      hasBias: configuration.conventions.linearBias, dropout: configuration.attentionDropout)
    positions = TransformerEmbedding.Positions(in: scope, configuration, sinusoids: sinusoids)
    let relative = StackPositions(in: scope, configuration, twoSided: true)
    layers = (0..<layerCount).map { index in
      TransformerEncoderLayer(
        in: scope["layers"][index], configuration, positions: relative,
        outputGain: configuration.outputGains.encoder)
    }
    norm = configuration.norm == .pre ? LayerNorm(in: scope["norm"], configuration) : nil
    output = Linear(in: scope["output"], inputSize: size, outputSize: size)
  }

  /// Tells tokens of the other paragraphs.
  ///
  /// - Shapes: the stream holds `[tokens, size]`; returns the states of paragraphs,
  ///   `[paragraphs, size]`, a sequence a source.
  func callAsFunction(_ stream: inout ResidualStream, _ paragraphs: Paragraphs) -> Tensor? {
    var states: Tensor?
    stream.apply(tokenNorm) { tokens in
      let found = self.states(of: tokens, paragraphs)
      states = found
      return output(found).gatheredRows(paragraphs.owners, sequences: paragraphs.tokens)
    }
    return states
  }

  private func states(of tokens: Tensor, _ paragraphs: Paragraphs) -> Tensor {
    let pooled = pooling(tokens).divided(into: paragraphs.documents)
    // Dropout takes of what was pooled, not of places.
    let start =
      positions.rows(
        of: paragraphs.documents, from: configuration.conventions.positionOffset,
        in: tokens.context
      ).map {
        $0.adding(pooled, dropout: configuration.dropout)
      } ?? pooled
    var stream = ResidualStream(
      start, norm: configuration.norm, dropout: configuration.dropout)
    for (index, layer) in layers.enumerated() {
      layer(&stream)
      stream.captured(as: "encoder.document.layers.\(index)")
    }
    return stream.finish(norm)
  }
}

extension TransformerEmbedding.Positions {
  /// The row of every place in its sequence, `[rows, size]`; nil where attention tells places apart.
  ///
  /// `offset` is the trained row of the first place.
  ///
  /// - Precondition: Trained rows reach as far.
  func rows(of sequences: Sequences, from offset: Int, in context: Context) -> Tensor? {
    switch self {
    case .none: return nil
    case .learned(let table):
      return context.tensor(table).gatheredRows(
        sequences.positions.map { Int($0) + offset }, sequences: sequences)
    case .sinusoidal(let sinusoids):
      let table = sinusoids.table(count: sequences.lengths.max() ?? 0)
      let values = sequences.positions.flatMap { position in
        table.values[Int(position) * table.size..<(Int(position) + 1) * table.size]
      }
      return context.tensor(
        values, shape: [sequences.tokenCount, table.size], sequences: sequences)
    }
  }
}
