internal import SeqKernels

// The products that training computes, in the precision of its context.
extension Context {
  /// Computes `c = op(a) · op(b)`, or adds it to `c`, where op transposes what is marked.
  ///
  /// - Shapes: `op(a)` `[rows, inner]`, `op(b)` `[inner, columns]`, `c` `[rows, columns]`; strides
  ///   are floats between stored rows.
  /// - Precondition: No extent is zero.
  func multiply(
    _ a: UnsafePointer<Float>, stride aStride: Int, leftTransposed transposeA: Bool = false,
    by b: UnsafePointer<Float>, stride bStride: Int, rightTransposed transposeB: Bool = false,
    into c: UnsafeMutablePointer<Float>, stride cStride: Int, rows: Int, columns: Int, inner: Int,
    accumulate: Bool = false
  ) {
    guard precision == .bfloat16 else {
      return MatrixProduct.multiply(
        a, stride: aStride, leftTransposed: transposeA, by: b, stride: bStride,
        rightTransposed: transposeB, into: c, stride: cStride, rows: rows, columns: columns,
        inner: inner, beta: accumulate ? 1 : 0)
    }
    let scratch = allocate(
      count: MatrixProduct.roundedScratchCount(rows: rows, columns: columns, inner: inner))
    withExtendedLifetime(scratch) {
      MatrixProduct.multiplyRounded(
        a, stride: aStride, leftTransposed: transposeA, by: b, stride: bStride,
        rightTransposed: transposeB, into: c, stride: cStride, rows: rows, columns: columns,
        inner: inner, accumulate: accumulate, scratch: scratch.pointer)
    }
  }

  /// Adds `aᵀ b` to `c`: the gradient of a weight matrix.
  ///
  /// - Shapes: `a` `[inner, rows]`, `b` `[inner, columns]`, both without gaps, `c` `[rows, columns]`,
  ///   its rows `stride` floats apart where that is given.
  /// - Precondition: No extent is zero.
  func accumulateGradient(
    _ a: UnsafePointer<Float>, by b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
    stride: Int? = nil, rows: Int, columns: Int, inner: Int
  ) {
    guard precision == .float32 else {
      return multiply(
        a, stride: rows, leftTransposed: true, by: b, stride: columns, into: c,
        stride: stride ?? columns, rows: rows, columns: columns, inner: inner, accumulate: true)
    }
    let scratch = allocate(
      count: MatrixProduct.gradientScratchCount(rows: rows, columns: columns, inner: inner))
    withExtendedLifetime(scratch) {
      MatrixProduct.accumulateGradient(
        a, by: b, into: c, stride: stride, rows: rows, columns: columns, inner: inner,
        scratch: scratch.pointer)
    }
  }
}
