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

  /// The library that computes the products and its version.
  public static var provider: String {
    #if canImport(Accelerate)
      "Accelerate"
    #else
      "oneDNN " + String(cString: seq_onednn_version())
    #endif
  }
}
