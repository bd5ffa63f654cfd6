internal import CSeqKernels

extension Kernels {
  /// Layer normalisation row by row: `y = (x − mean) · inverseDeviation · weight + bias`.
  ///
  /// `mean` and `inverseDeviation` `[rows]` are kept for the gradient. Without a bias the mean is left
  /// out too: RMS norm.
  public static func layerNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    into y: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>,
    inverseDeviation: UnsafeMutablePointer<Float>, rows: Int, columns: Int, epsilon: Float
  ) {
    seq_layer_norm(
      x, weight, bias, y, mean, inverseDeviation, Int64(rows), Int64(columns), epsilon)
  }

  /// The gradient of ``layerNorm``; those of `weight` and `bias` are added to what is there.
  ///
  /// With `accumulate` `dx` is added to, otherwise overwritten.
  public static func layerNormBackward(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, mean: UnsafePointer<Float>,
    inverseDeviation: UnsafePointer<Float>, dy: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, accumulate: Bool,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
    rows: Int, columns: Int
  ) {
    seq_layer_norm_backward(
      x, weight, mean, inverseDeviation, dy, dx, weightGradient, biasGradient, Int64(rows),
      Int64(columns), accumulate)
  }

  /// A residual sum and its layer normalisation in one pass: `h = residual + dropout(x)`,
  /// `y = norm(h)`.
  ///
  /// `x` and `h` may be one buffer.
  public static func residualDropoutNorm(
    residual: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ draws: DropoutDraws,
    rowIDs: UnsafePointer<UInt32>, sum h: UnsafeMutablePointer<Float>,
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    into y: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>,
    inverseDeviation: UnsafeMutablePointer<Float>, rows: Int, columns: Int, epsilon: Float
  ) {
    seq_residual_dropout_norm(
      residual, x, h, rowIDs, draws.value, weight, bias, y, mean, inverseDeviation, Int64(rows),
      Int64(columns), epsilon)
  }

  /// A residual sum: `h = residual + dropout(x)`.
  ///
  /// `x` and `h` may be one buffer.
  public static func residualDropout(
    residual: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ draws: DropoutDraws,
    rowIDs: UnsafePointer<UInt32>, sum h: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    seq_residual_dropout(residual, x, h, rowIDs, Int64(rows), Int64(columns), draws.value)
  }
}
