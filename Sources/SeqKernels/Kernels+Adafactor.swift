internal import CSeqKernels

extension Kernels {
  /// Sums the squares of `scale · gradient` over each row and over each column.
  public static func adafactorSquares(
    _ gradient: UnsafePointer<Float>, rows: Int, columns: Int, scale: Float,
    rowSums: UnsafeMutablePointer<Float>, columnSums: UnsafeMutablePointer<Float>
  ) {
    seq_adafactor_squares(gradient, Int64(rows), Int64(columns), scale, rowSums, columnSums)
  }

  /// The sum of the squares of Adafactor's update `scale · g / √max(row · column, floor)`.
  public static func adafactorUpdateSquares(
    _ gradient: UnsafePointer<Float>, row: UnsafePointer<Float>, column: UnsafePointer<Float>,
    rows: Int, columns: Int, scale: Float, floor: Float
  ) -> Double {
    seq_adafactor_update_squares(
      gradient, row, column, Int64(rows), Int64(columns), scale, floor)
  }

  /// Changes values in place: `w ← keep · w − step · update`, the update being that of
  /// ``adafactorUpdateSquares(_:row:column:rows:columns:scale:floor:)``.
  public static func adafactorApply(
    value: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, row: UnsafePointer<Float>,
    column: UnsafePointer<Float>, rows: Int, columns: Int, scale: Float, floor: Float, keep: Float,
    step: Float
  ) {
    seq_adafactor_apply(
      value, gradient, row, column, Int64(rows), Int64(columns), scale, floor, keep, step)
  }
}
