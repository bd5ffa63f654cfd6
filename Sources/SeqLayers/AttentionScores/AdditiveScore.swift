public import SeqTensors

/// A score by a small network: `vᵀ tanh(W s + U h)` for query s and memory row h.
///
/// - Shapes: queries `[_, querySize]`, memory and context vectors `[_, memorySize]`; both are mapped
///   to `size` columns.
/// - SeeAlso: Bahdanau, Cho, Bengio 2015, arXiv:1409.0473, §A.1.2.
public struct AdditiveScore: AttentionScore {
  /// W, `[size, querySize]`, no bias.
  public let query: Linear
  /// U, `[size, memorySize]`, no bias.
  public let key: Linear
  /// v, `[size]`.
  public let vector: Parameter
  /// Rate on the weights, 0–1.
  public let dropout: Double

  /// Names its parameters `query`, `key` and `vector`; `dropout` is the rate on the weights, 0–1.
  public init(
    in scope: ParameterScope, querySize: Int, memorySize: Int, size: Int, dropout: Double = 0
  ) {
    query = Linear(in: scope["query"], inputSize: querySize, outputSize: size, hasBias: false)
    key = Linear(in: scope["key"], inputSize: memorySize, outputSize: size, hasBias: false)
    vector = scope.parameter("vector", [size], .uniform(bound: 1 / Float(size).squareRoot()))
    self.dropout = dropout
  }

  /// The memory's size.
  public var contextSize: Int { key.weight.shape[1] }

  /// Maps the memory to keys; its rows are the values.
  public func prepare(_ memory: Tensor) -> AttentionMemory {
    let keys = key(memory).slice
    return AttentionMemory(keys: keys, values: memory.slice, powers: AdditivePowers(of: keys))
  }

  /// `softmax(vᵀ tanh(W s + U h)) h`.
  public func context(of queries: Tensor, over memory: AttentionMemory) -> Tensor {
    additiveAttention(
      queries: query(queries).slice, keys: memory.keys, values: memory.values, vector: vector,
      powers: memory.powers, dropout: dropout
    ).output
  }

  /// `softmax(vᵀ tanh(W s + U h))`.
  public func weights(of queries: Tensor, over memory: AttentionMemory) -> SourceWeights {
    pointerWeights(queries: query(queries), keys: memory.keys.tensor, vector: vector)
  }
}
