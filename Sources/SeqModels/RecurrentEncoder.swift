internal import SeqLayers
public import SeqTensors

/// A recurrent encoder: embedded tokens through layers of one or both directions.
///
/// The memory is the last layer's states; the final state of a source is that of the last token it
/// reads, whatever else is in the batch.
public struct RecurrentEncoder: SequenceEncoder {
  let configuration: RecurrentConfiguration
  /// A row for every source token, `[vocabulary, embeddingSize]`.
  let table: Parameter
  let stack: RecurrentStack

  /// Names its layers in the scope of the encoder; the table is made elsewhere.
  init(in scope: ParameterScope, _ configuration: RecurrentConfiguration, table: Parameter) {
    self.configuration = configuration
    self.table = table
    stack = RecurrentStack(
      in: scope, cell: configuration.cell, inputSize: configuration.embeddingSize,
      hiddenSize: configuration.hiddenSize, layerCount: configuration.encoderLayerCount,
      direction: configuration.direction, dropout: configuration.dropout,
      isVariational: configuration.variationalDropout,
      forgetBias: Float(configuration.forgetBias))
  }

  /// The hidden size, of both directions together.
  public var memorySize: Int { configuration.memorySize }
  /// One for every layer.
  public var finalStates: FinalStates? {
    FinalStates(cell: configuration.cell, layerCount: configuration.encoderLayerCount)
  }
  /// None.
  public var lengthLimit: Int? { nil }

  /// Reads every source in the encoder's direction.
  public func callAsFunction(
    _ ids: [Int32], _ sequences: Sequences, in context: Context
  ) -> EncodedSource {
    // With variational dropout the first layer drops from its input by itself.
    let embedded = context.embed(
      ids, in: table, sequences: sequences,
      dropout: configuration.variationalDropout ? 0 : configuration.dropout)
    let (memory, finals) = stack(embedded)
    return EncodedSource(memory: memory, finals: finals)
  }

  /// None: recurrence does not attend.
  public func attention(
    among captured: [[AttentionMap]], of batch: TokenBatch
  ) -> EncoderAttention {
    EncoderAttention()
  }
}
