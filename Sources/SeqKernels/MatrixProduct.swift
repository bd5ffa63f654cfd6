#if canImport(Accelerate)
  internal import Accelerate
#else
  internal import COneDNN
#endif

/// Dense products of row-major matrices, computed on the calling thread.
public enum MatrixProduct {
  /// Computes `c = alpha · op(a) · op(b) + beta · c`, where op transposes what is marked.
  ///
  /// - Shapes: `op(a)` `[rows, inner]`, `op(b)` `[inner, columns]`, `c` `[rows, columns]`; strides
  ///   are floats between stored rows.
  /// - Precondition: No extent is zero.
  public static func multiply(
    _ a: UnsafePointer<Float>, stride aStride: Int, leftTransposed transposeA: Bool = false,
    by b: UnsafePointer<Float>, stride bStride: Int, rightTransposed transposeB: Bool = false,
    into c: UnsafeMutablePointer<Float>, stride cStride: Int,
    rows: Int, columns: Int, inner: Int, alpha: Float = 1, beta: Float = 0
  ) {
    #if canImport(Accelerate)
      cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans, Int32(rows), Int32(columns), Int32(inner), alpha,
        a, Int32(aStride), b, Int32(bStride), beta, c, Int32(cStride))
    #else
      let status = seq_onednn_sgemm(
        transposeA, transposeB, Int64(rows), Int64(columns), Int64(inner), alpha, a,
        Int64(aStride), b, Int64(bStride), beta, c, Int64(cStride))
      require(
        status == 0,
        "matrix product: [\(rows), \(inner)] × [\(inner), \(columns)], oneDNN refused with status "
          + "\(status)")
    #endif
  }

  /// Adds `aᵀ b` to `c`: the gradient of a weight matrix.
  ///
  /// The library reads `a` and `b` down their columns. Where rows lie a multiple of 512 bytes apart,
  /// a column falls into few sets of the cache, and the product runs at half its speed and less
  /// (oneDNN, AVX2, rows of 4 KB: 41 GFLOP/s of 94). So such matrices are first copied to rows a
  /// little further apart, if enough is computed with each number to pay for it.
  ///
  /// - Shapes: `a` `[inner, rows]`, `b` `[inner, columns]`, without gaps, `c` `[rows, columns]`, its
  ///   rows `stride` floats apart where that is given.
  /// - Precondition: No extent is zero; `scratch` has room for
  ///   ``gradientScratchCount(rows:columns:inner:)`` floats.
  public static func accumulateGradient(
    _ a: UnsafePointer<Float>, by b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
    stride: Int? = nil, rows: Int, columns: Int, inner: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    var (left, leftStride, right, rightStride) = (a, rows, b, columns)
    var free = scratch
    if spreads(rows, uses: columns) {
      (left, leftStride) = spread(a, columns: rows, rows: inner, into: free)
      free += inner * leftStride
    }
    if spreads(columns, uses: rows) {
      (right, rightStride) = spread(b, columns: columns, rows: inner, into: free)
    }
    multiply(
      left, stride: leftStride, leftTransposed: true, by: right, stride: rightStride, into: c,
      stride: stride ?? columns, rows: rows, columns: columns, inner: inner, beta: 1)
  }

  /// The floats between rows with which a matrix can be read down its columns at full speed.
  public static func spreadStride(_ columns: Int) -> Int {
    columns % 128 == 0 ? columns + gap : columns
  }

  /// The floats that ``accumulateGradient(_:by:into:stride:rows:columns:inner:scratch:)`` needs room
  /// for.
  public static func gradientScratchCount(rows: Int, columns: Int, inner: Int) -> Int {
    (spreads(rows, uses: columns) ? inner * (rows + gap) : 0)
      + (spreads(columns, uses: rows) ? inner * (columns + gap) : 0)
  }

  /// Floats between the rows of a spread matrix: a line of the cache.
  private static let gap = 16

  private static func spreads(_ columns: Int, uses: Int) -> Bool {
    columns % 128 == 0 && uses >= 256
  }

  private static func spread(
    _ x: UnsafePointer<Float>, columns: Int, rows: Int, into y: UnsafeMutablePointer<Float>
  ) -> (UnsafePointer<Float>, stride: Int) {
    let stride = columns + gap
    for row in 0..<rows { (y + row * stride).update(from: x + row * columns, count: columns) }
    return (UnsafePointer(y), stride)
  }

  /// The library that computes the products and its version.
  public static var provider: String {
    #if canImport(Accelerate)
      "Accelerate"
    #else
      "oneDNN " + String(cString: seq_onednn_version())
    #endif
  }
}
