internal import SeqLayers
internal import SeqTensors

/// Token ids to vectors: rows of a table times √size, plus positions where these are absolute,
/// normalised or not, with dropout.
struct TransformerEmbedding: Sendable {
  enum Positions: Sendable {
    case sinusoidal(SinusoidalPositions)
    case learned(Parameter)
    /// Attention itself tells positions apart.
    case none

    /// Names a trained table in `scope`.
    init(
      in scope: ParameterScope, _ configuration: TransformerConfiguration,
      sinusoids: SinusoidalPositions
    ) {
      switch configuration.positions {
      case .sinusoidal, .paperSinusoidal: self = .sinusoidal(sinusoids)
      case .learned:
        let size = configuration.embeddingSize
        self = .learned(
          scope["positions"].parameter(
            "weight", [configuration.maxPositions, size],
            .normal(deviation: 1 / Float(size).squareRoot()), keepsPrecision: true))
      case .shaw, .t5, .disentangled, .rotary, .alibi: self = .none
      }
    }
  }

  /// A row for every id, `[vocabulary, size]`.
  let table: Parameter
  let positions: Positions
  /// The row of the first learned position.
  let positionOffset: Int
  /// What rows of the table are multiplied by.
  let scale: Float
  let norm: LayerNorm?
  let dropout: Double

  /// Names learned positions in `scope`, which is that of a side of the model.
  init(
    table: Parameter, in scope: ParameterScope, _ configuration: TransformerConfiguration,
    sinusoids: SinusoidalPositions
  ) {
    self.table = table
    dropout = configuration.dropout
    let conventions = configuration.conventions
    scale = conventions.scaledEmbeddings ? Float(configuration.embeddingSize).squareRoot() : 1
    positionOffset = conventions.positionOffset
    norm =
      conventions.embeddingNorm ? LayerNorm(in: scope["embedding_norm"], configuration) : nil
    positions = Positions(in: scope, configuration, sinusoids: sinusoids)
  }

  func callAsFunction(
    _ ids: [Int32], mixture: EmbeddingMixture? = nil, _ sequences: Sequences,
    firstPosition: Int = 0, in context: Context
  ) -> Tensor {
    let rows: PositionTable?
    switch positions {
    case .none: rows = nil
    case .learned(let parameter): rows = .learned(parameter)
    case .sinusoidal(let sinusoids):
      rows = .fixed(sinusoids.table(count: firstPosition + (sequences.lengths.max() ?? 0)))
    }
    let embedded = context.embed(
      ids, mixture: mixture, in: table, sequences: sequences, scale: scale, positions: rows,
      firstPosition: firstPosition + positionOffset, dropout: norm == nil ? dropout : 0)
    return norm.map { $0(embedded).dropout(dropout) } ?? embedded
  }
}
