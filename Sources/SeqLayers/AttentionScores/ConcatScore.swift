public import SeqTensors

/// The additive score written with one matrix over query and memory row side by side:
/// `vᵀ tanh(W [s; h])`.
///
/// The halves of the product are computed apart and once each, not for every pair.
///
/// - Shapes: queries `[_, querySize]`, memory and context vectors `[_, memorySize]`; pairs are mapped
///   to `size` columns.
/// - SeeAlso: Luong, Pham, Manning 2015, arXiv:1508.04025, §3.1.
public struct ConcatScore: AttentionScore {
  /// W, `[size, querySize + memorySize]`, the query's columns first.
  public let weight: Parameter
  /// v, `[size]`.
  public let vector: Parameter
  /// Columns of the queries.
  public let querySize: Int
  /// Rate on the weights, 0–1.
  public let dropout: Double

  /// Names its parameters `weight` and `vector`; `dropout` is the rate on the weights, 0–1.
  public init(
    in scope: ParameterScope, querySize: Int, memorySize: Int, size: Int, dropout: Double = 0
  ) {
    weight = scope.parameter("weight", [size, querySize + memorySize], .xavierUniform())
    vector = scope.parameter("vector", [size], .uniform(bound: 1 / Float(size).squareRoot()))
    self.querySize = querySize
    self.dropout = dropout
  }

  /// The memory's size.
  public var contextSize: Int { weight.shape[1] - querySize }

  /// Maps the memory to its half of the product; its rows are the values.
  public func prepare(_ memory: Tensor) -> AttentionMemory {
    let columns = querySize..<weight.shape[1]
    let keys = memory.linear(weight: weight, weightColumns: columns).slice
    return AttentionMemory(keys: keys, values: memory.slice, powers: AdditivePowers(of: keys))
  }

  /// `softmax(vᵀ tanh(W [s; h])) h`.
  public func context(of queries: Tensor, over memory: AttentionMemory) -> Tensor {
    additiveAttention(
      queries: queries.linear(weight: weight, weightColumns: 0..<querySize).slice,
      keys: memory.keys, values: memory.values, vector: vector, powers: memory.powers,
      dropout: dropout
    ).output
  }

  /// `softmax(vᵀ tanh(W [s; h]))`.
  public func weights(of queries: Tensor, over memory: AttentionMemory) -> SourceWeights {
    pointerWeights(
      queries: queries.linear(weight: weight, weightColumns: 0..<querySize),
      keys: memory.keys.tensor, vector: vector)
  }
}
