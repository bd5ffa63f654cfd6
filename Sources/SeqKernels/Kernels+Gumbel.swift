internal import CSeqKernels

extension Kernels {
  /// Adds a Gumbel-distributed number to every element and scales the sum: `y = scale · (x + g)`,
  /// `g = −ln(−ln u)`.
  ///
  /// A number is a function of `key`, the row's id and the column. `x` and `y` may be one buffer.
  public static func addGumbel(
    _ x: UnsafePointer<Float>, key: UInt64, rowIDs: UnsafePointer<UInt32>, scale: Float,
    into y: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    seq_add_gumbel(
      x, y, rowIDs, Int64(rows), Int64(columns), UInt32(truncatingIfNeeded: key),
      UInt32(truncatingIfNeeded: key >> 32), scale)
  }
}
