internal import CSeqKernels

extension Kernels {
  /// Rounds to bfloat16, of two equally near to the even one.
  public static func roundToBFloat16(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<UInt16>, count: Int
  ) {
    seq_bfloat16_round(x, y, Int64(count))
  }

  /// The floats of bfloat16 numbers, exact.
  public static func widen(
    _ x: UnsafePointer<UInt16>, into y: UnsafeMutablePointer<Float>, count: Int
  ) {
    seq_bfloat16_widen(x, y, Int64(count))
  }

  /// Rounds every row to whole numbers −127…127 times a scale of its own: `x ≈ y · scale`.
  ///
  /// The scale makes the largest number of the row ±127. A row that holds what is not finite has the
  /// scale NaN.
  public static func quantizeRows(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Int8>,
    scales: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    seq_quantize_rows(x, Int64(rows), Int64(columns), y, scales)
  }

  /// The numbers that ``quantizeRows(_:into:scales:rows:columns:)`` rounded to.
  public static func dequantizeRows(
    _ x: UnsafePointer<Int8>, scales: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int
  ) {
    seq_dequantize_rows(x, scales, Int64(rows), Int64(columns), y)
  }

  /// Rounds every row to what it becomes in a precision, in place.
  public static func round(
    _ x: UnsafeMutablePointer<Float>, rows: Int, columns: Int, to precision: Precision
  ) {
    switch precision {
    case .float32: break
    case .bfloat16:
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: columns) { rounded in
        guard let rounded = rounded.baseAddress else { return }
        for row in 0..<rows {
          roundToBFloat16(x + row * columns, into: rounded, count: columns)
          widen(rounded, into: x + row * columns, count: columns)
        }
      }
    case .int8:
      withUnsafeTemporaryAllocation(of: Int8.self, capacity: columns) { rounded in
        guard let rounded = rounded.baseAddress else { return }
        var scale: Float = 0
        for row in 0..<rows {
          let values = x + row * columns
          quantizeRows(values, into: rounded, scales: &scale, rows: 1, columns: columns)
          dequantizeRows(rounded, scales: &scale, into: values, rows: 1, columns: columns)
        }
      }
    }
  }
}
