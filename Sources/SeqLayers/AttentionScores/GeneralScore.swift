public import SeqTensors

/// A bilinear score: `sᵀ W h` for query s and memory row h, whose sizes may differ.
///
/// The query is mapped, so that a memory needs no preparation.
///
/// - Shapes: queries `[_, querySize]`, memory and context vectors `[_, memorySize]`.
/// - SeeAlso: Luong, Pham, Manning 2015, arXiv:1508.04025, §3.1.
public struct GeneralScore: AttentionScore {
  /// The map of a query to what the memory is compared with, Wᵀ: `[memorySize, querySize]`, no bias.
  public let query: Linear
  /// Rate on the weights, 0–1.
  public let dropout: Double

  /// Names its map `query`; `dropout` is the rate on the weights, 0–1.
  public init(in scope: ParameterScope, querySize: Int, memorySize: Int, dropout: Double = 0) {
    query = Linear(
      in: scope["query"], inputSize: querySize, outputSize: memorySize, hasBias: false)
    self.dropout = dropout
  }

  /// The memory's size.
  public var contextSize: Int { query.weight.shape[0] }

  /// The rows of the memory are keys and values.
  public func prepare(_ memory: Tensor) -> AttentionMemory { AttentionMemory(memory) }

  /// `softmax(sᵀ W h) h`.
  public func context(of queries: Tensor, over memory: AttentionMemory) -> Tensor {
    attention(
      queries: query(queries).slice, keys: memory.keys, values: memory.values, headCount: 1,
      scale: 1, dropout: dropout
    ).output
  }

  /// `softmax(sᵀ W h)`.
  public func weights(of queries: Tensor, over memory: AttentionMemory) -> SourceWeights {
    dotWeights(queries: query(queries).slice, keys: memory.keys, scale: 1)
  }
}
