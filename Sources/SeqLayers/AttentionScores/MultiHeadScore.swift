internal import SeqKernels
public import SeqTensors

/// Several scaled dot products side by side, each over its share of the projections, and a map of
/// what all heads found.
///
/// - Shapes: queries `[_, querySize]`, memory `[_, memorySize]`; projections and context vectors have
///   `size` columns, a head `size / headCount` of them.
/// - SeeAlso: Vaswani et al. 2017, arXiv:1706.03762, §3.2.2.
public struct MultiHeadScore: AttentionScore {
  /// How many heads divide the size among themselves.
  public let headCount: Int
  /// The projections, shared out among the heads.
  public let projections: ScaledDotScore
  /// The map of the heads' results, side by side: `[size, size]`.
  public let output: Linear

  /// Names its maps `query`, `memory` and `output`; `dropout` is the rate on the weights, 0–1.
  ///
  /// - Precondition: The head count divides the size.
  public init(
    in scope: ParameterScope, querySize: Int, memorySize: Int, size: Int, headCount: Int,
    dropout: Double = 0
  ) {
    require(
      headCount > 0 && size % headCount == 0,
      "multi-head score: size \(size), \(headCount) heads do not divide it")
    self.headCount = headCount
    projections = ScaledDotScore(
      in: scope, querySize: querySize, memorySize: memorySize, size: size, dropout: dropout)
    output = Linear(in: scope["output"], inputSize: size, outputSize: size)
  }

  /// The size of the projections.
  public var contextSize: Int { output.weight.shape[0] }

  /// Projects the memory to the keys and values of all heads, one product.
  public func prepare(_ memory: Tensor) -> AttentionMemory { projections.prepare(memory) }

  /// `[softmax(q·k / √headSize) v]` of every head, side by side, and their map.
  public func context(of queries: Tensor, over memory: AttentionMemory) -> Tensor {
    output(
      attention(
        queries: projections.query(queries).slice, keys: memory.keys, values: memory.values,
        headCount: headCount, dropout: projections.dropout
      ).output)
  }

  /// `softmax(q·k / √headSize)` of the first head.
  public func weights(of queries: Tensor, over memory: AttentionMemory) -> SourceWeights {
    let size = contextSize / headCount
    return dotWeights(
      queries: projections.query(queries).slice(0, size: size),
      keys: memory.keys.tensor.slice(memory.keys.start, size: size),
      scale: 1 / Float(size).squareRoot())
  }
}
