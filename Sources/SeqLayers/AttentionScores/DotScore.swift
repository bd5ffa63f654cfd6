public import SeqTensors

/// The score without parameters: `s·h` for query s and memory row h, of the same size.
///
/// - Shapes: queries and memory of `size` columns, context vectors too.
/// - SeeAlso: Luong, Pham, Manning 2015, arXiv:1508.04025, §3.1.
public struct DotScore: AttentionScore {
  /// Columns of queries, memory and context vectors.
  public let contextSize: Int
  /// Rate on the weights, 0–1.
  public let dropout: Double

  /// A score for queries and memories of `size` columns; `dropout` is the rate on the weights, 0–1.
  public init(size: Int, dropout: Double = 0) {
    contextSize = size
    self.dropout = dropout
  }

  /// The rows of the memory are keys and values.
  public func prepare(_ memory: Tensor) -> AttentionMemory { AttentionMemory(memory) }

  /// `softmax(s·h) h`.
  public func context(of queries: Tensor, over memory: AttentionMemory) -> Tensor {
    attention(
      queries: queries.slice, keys: memory.keys, values: memory.values, headCount: 1, scale: 1,
      dropout: dropout
    ).output
  }

  /// `softmax(s·h)`.
  public func weights(of queries: Tensor, over memory: AttentionMemory) -> SourceWeights {
    dotWeights(queries: queries.slice, keys: memory.keys, scale: 1)
  }
}
