internal import CSeqKernels

#if !canImport(Accelerate)
  internal import COneDNN
#endif

extension MatrixProduct {
  /// Whether the processor multiplies bfloat16 numbers by instructions of its own.
  ///
  /// Where it does not, products of rounded operands give the same numbers at the speed of float32.
  public static var hasBFloat16: Bool {
    #if canImport(Accelerate)
      false
    #else
      seq_onednn_multiplies_bfloat16()
    #endif
  }

  /// Computes `c = op(a) · op(b)`, or adds it to `c`, of operands rounded to bfloat16.
  ///
  /// A product of two such numbers is exact in float32, and sums are float32.
  ///
  /// - Shapes: as those of the product in float32.
  /// - Precondition: No extent is zero; `scratch` has room for
  ///   ``roundedScratchCount(rows:columns:inner:)`` floats.
  public static func multiplyRounded(
    _ a: UnsafePointer<Float>, stride aStride: Int, leftTransposed transposeA: Bool = false,
    by b: UnsafePointer<Float>, stride bStride: Int, rightTransposed transposeB: Bool = false,
    into c: UnsafeMutablePointer<Float>, stride cStride: Int,
    rows: Int, columns: Int, inner: Int, accumulate: Bool, scratch: UnsafeMutablePointer<Float>
  ) {
    let (aRows, aColumns) = transposeA ? (inner, rows) : (rows, inner)
    let (bRows, bColumns) = transposeB ? (columns, inner) : (inner, columns)
    let other = scratch + aRows * spreadStride(aColumns)
    #if !canImport(Accelerate)
      if hasBFloat16 {
        let (left, right) = (
          halves(a, stride: aStride, aRows, aColumns, in: scratch),
          halves(b, stride: bStride, bRows, bColumns, in: other)
        )
        let status = seq_onednn_matmul(
          false, transposeA, transposeB, Int64(rows), Int64(columns), Int64(inner), left,
          Int64(aColumns), right, Int64(bColumns), accumulate, c, Int64(cStride))
        return require(
          status == 0,
          "matrix product: [\(rows), \(inner)] × [\(inner), \(columns)] in bfloat16, oneDNN refused "
            + "with status \(status)")
      }
    #endif
    let (left, leftStride) = floats(a, stride: aStride, aRows, aColumns, in: scratch)
    let (right, rightStride) = floats(b, stride: bStride, bRows, bColumns, in: other)
    multiply(
      left, stride: leftStride, leftTransposed: transposeA, by: right, stride: rightStride,
      rightTransposed: transposeB, into: c, stride: cStride, rows: rows, columns: columns,
      inner: inner, beta: accumulate ? 1 : 0)
  }

  /// The floats that a product of rounded operands needs room for.
  public static func roundedScratchCount(rows: Int, columns: Int, inner: Int) -> Int {
    // Whichever way the operands are stored.
    max(rows * spreadStride(inner), inner * spreadStride(rows))
      + max(columns * spreadStride(inner), inner * spreadStride(columns))
  }

  /// Rounded floats, their rows a distance apart at which columns are read at full speed.
  private static func floats(
    _ x: UnsafePointer<Float>, stride: Int, _ rows: Int, _ columns: Int,
    in scratch: UnsafeMutablePointer<Float>
  ) -> (UnsafePointer<Float>, stride: Int) {
    let spread = spreadStride(columns)
    seq_bfloat16_round_rows(
      x, Int64(stride), scratch, Int64(spread), Int64(rows), Int64(columns))
    return (UnsafePointer(scratch), spread)
  }

  /// Rounded numbers of two bytes, rows without gaps.
  private static func halves(
    _ x: UnsafePointer<Float>, stride: Int, _ rows: Int, _ columns: Int,
    in scratch: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<UInt16> {
    let halves = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: UInt16.self)
    for row in 0..<rows {
      Kernels.roundToBFloat16(x + row * stride, into: halves + row * columns, count: columns)
    }
    return UnsafePointer(halves)
  }

  #if !canImport(Accelerate)
    /// `c = op(a) · op(b)` or `c += op(a) · op(b)` by the library's product for operands of any type,
    /// in float32: what ``multiplyRounded(_:stride:leftTransposed:by:stride:rightTransposed:into:stride:rows:columns:inner:accumulate:scratch:)``
    /// asks of it in bfloat16, for tests on processors that have none.
    package static func multiplyByMatmul(
      _ a: UnsafePointer<Float>, stride aStride: Int, leftTransposed transposeA: Bool,
      by b: UnsafePointer<Float>, stride bStride: Int, rightTransposed transposeB: Bool,
      into c: UnsafeMutablePointer<Float>, stride cStride: Int, rows: Int, columns: Int,
      inner: Int, accumulate: Bool
    ) -> Bool {
      seq_onednn_matmul(
        true, transposeA, transposeB, Int64(rows), Int64(columns), Int64(inner), a, Int64(aStride),
        b, Int64(bStride), accumulate, c, Int64(cStride)) == 0
    }
  #endif
}
