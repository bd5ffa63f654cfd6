public import SeqTensors

/// The Transformer's score with one head: `q·k / √size` of projected queries and memory rows, whose
/// projected values are summed.
///
/// - Shapes: queries `[_, querySize]`, memory `[_, memorySize]`; projections and context vectors have
///   `size` columns.
/// - SeeAlso: Vaswani et al. 2017, arXiv:1706.03762, §3.2.1.
public struct ScaledDotScore: AttentionScore {
  /// The map to queries, `[size, querySize]`.
  public let query: Linear
  /// The map to keys and values, in this order: `[2 · size, memorySize]`.
  public let memory: Linear
  /// Rate on the weights, 0–1.
  public let dropout: Double

  /// Names its maps `query` and `memory`; `dropout` is the rate on the weights, 0–1.
  public init(
    in scope: ParameterScope, querySize: Int, memorySize: Int, size: Int, dropout: Double = 0
  ) {
    query = Linear(in: scope["query"], inputSize: querySize, outputSize: size)
    memory = Linear(
      in: scope["memory"], inputSize: memorySize, outputSize: 2 * size,
      initializer: .xavierUniform(blocks: 2))
    self.dropout = dropout
  }

  /// The size of a projection.
  public var contextSize: Int { query.weight.shape[0] }

  /// Projects the memory to keys and values, one product.
  public func prepare(_ memory: Tensor) -> AttentionMemory {
    let projected = self.memory(memory)
    return AttentionMemory(
      keys: projected.slice(0, size: contextSize),
      values: projected.slice(contextSize, size: contextSize))
  }

  /// `softmax(q·k / √size) v`.
  public func context(of queries: Tensor, over memory: AttentionMemory) -> Tensor {
    attention(
      queries: query(queries).slice, keys: memory.keys, values: memory.values, headCount: 1,
      dropout: dropout
    ).output
  }

  /// `softmax(q·k / √size)`.
  public func weights(of queries: Tensor, over memory: AttentionMemory) -> SourceWeights {
    dotWeights(
      queries: query(queries).slice, keys: memory.keys,
      scale: 1 / Float(contextSize).squareRoot())
  }
}
