public import SeqTensors

/// How a decoder looks back at a memory: a score for every pair of a query and a memory row, weights
/// by softmax over the rows, and the weighted sum of the rows.
///
/// Queries and memory are ragged; the i-th sequence of queries attends to the i-th of the memory, with
/// 0, 1 or many queries each. ``Context/capturingAttention(_:)`` gives the weights.
public protocol AttentionScore: Sendable {
  /// Columns of the context vectors.
  var contextSize: Int { get }

  /// Computes what depends on the memory alone, once for all queries to come.
  ///
  /// - Shapes: `memory` `[memory tokens, memorySize]`, ragged.
  func prepare(_ memory: Tensor) -> AttentionMemory

  /// The weighted sums that the queries ask for.
  ///
  /// - Shapes: `queries` `[query tokens, querySize]`, ragged; returns `[query tokens, contextSize]`.
  func context(of queries: Tensor, over memory: AttentionMemory) -> Tensor

  /// The weights of those sums before dropout, of several heads the first one's, as a tensor that
  /// gradients flow through: what a loss on alignments is taken of.
  func weights(of queries: Tensor, over memory: AttentionMemory) -> SourceWeights
}

/// A memory as one attention reads it.
public struct AttentionMemory {
  /// What queries are compared with, a row a token.
  public let keys: ColumnSlice
  /// What is summed, a row a token.
  public let values: ColumnSlice
  /// What additive attention has computed of the keys beforehand.
  public let powers: AdditivePowers?

  /// A memory of these keys and values.
  public init(keys: ColumnSlice, values: ColumnSlice, powers: AdditivePowers? = nil) {
    self.keys = keys
    self.values = values
    self.powers = powers
  }

  /// A memory whose rows are keys and values at once.
  init(_ memory: Tensor) {
    let all = memory.slice(0, size: memory.shape.columns)
    self.init(keys: all, values: all)
  }
}

extension Tensor {
  /// All columns.
  var slice: ColumnSlice { slice(0, size: shape.columns) }
}
