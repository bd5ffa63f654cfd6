internal import SeqKernels

extension Context {
  /// `y = f(x Wᵀ + b)` on the packed weight, in this context's precision: what inference computes
  /// linear maps with.
  ///
  /// - Shapes: `x` `[rows, columns]`, `weight` `[output, input]`, of which `columns` are taken, `y`
  ///   `[rows, output]`; both have room for ``PackedLinear/paddedRows(_:)``.
  func multiplyPacked(
    _ x: UnsafePointer<Float>, rows: Int, by weight: Parameter, columns: Range<Int>? = nil,
    bias: Parameter?, relu: Bool = false, into y: UnsafeMutablePointer<Float>
  ) {
    let linear = weight.packedLinear(
      bias: bias, relu: relu, columns: columns, precision: precision, team: team)
    let scratch = allocate(count: linear.scratchCount(rows: rows))
    withExtendedLifetime(scratch) {
      linear(x, into: y, rows: rows, scratch: scratch.pointer, team: team)
    }
  }
}

extension Tensor {
  /// The likeliest columns of every row of `softmax(x Wᵀ + b)`, which is never stored: the vocabulary
  /// projection of a search.
  ///
  /// - Shapes: `self` `[rows, size]`, `weight` `[vocabulary, size]`, `bias` `[vocabulary]`, returns
  ///   `[rows, count]` ids, best first and of equal ones the lower first, and the natural logarithms
  ///   of their probabilities.
  /// - Precondition: Inference; nothing is recorded.
  public func likeliest(_ count: Int, weight: Parameter, bias: Parameter?) -> (
    tokens: [Int32], logProbabilities: [Float]
  ) {
    require(!context.isTraining, "ranking: the context is in training mode, not in inference")
    require(
      weight.shape.rank == 2 && weight.shape[1] == columns,
      "ranking: \(shape) × \(weight.shape)ᵀ, inner sizes differ")
    let linear = weight.packedLinear(
      bias: bias, relu: false, precision: context.precision, team: context.team)
    let scratch = context.allocate(
      count: linear.rankingScratchCount(rows: rows, team: context.team))
    var tokens = [Int32](repeating: 0, count: rows * count)
    var logProbabilities = [Float](repeating: 0, count: rows * count)
    withExtendedLifetime(scratch) {
      linear.best(
        pointer, rows: rows, count: count, tokens: &tokens, logProbabilities: &logProbabilities,
        scratch: scratch.pointer, team: context.team)
    }
    return (tokens, logProbabilities)
  }
}
