internal import CSeqKernels

/// A matrix cut into panels of sixteen columns, for products of few rows that come again and again
/// with the same matrix.
///
/// A row's bits do not depend on the number of rows, on any machine.
public struct PanelMatrix: Sendable {
  /// Columns of a panel.
  package static let width = 16

  /// Columns of what is multiplied.
  public let inner: Int
  /// Columns of the matrix.
  public let columns: Int
  private let panels: PanelMemory<Float>

  /// Copies a matrix, which takes about as long as a product of sixteen rows with it.
  ///
  /// - Parameters:
  ///   - values: `[inner, columns]`, or `[columns, inner]` where it is stored transposed.
  ///   - inner: Rows of the matrix.
  ///   - columns: Columns of the matrix.
  ///   - isTransposed: Whether rows are stored as columns.
  public init(
    _ values: UnsafePointer<Float>, inner: Int, columns: Int, isTransposed: Bool = false
  ) {
    self.init(inner: inner, columns: columns)
    seq_panels_pack(values, Int64(inner), Int64(columns), isTransposed, panels.pointer)
  }

  /// Copies a matrix that is stored transposed, `[columns, inner]`, stretch by stretch.
  init(
    transposed values: UnsafePointer<Float>, inner: Int, columns: Int, _ packing: Packing
  ) {
    self.init(inner: inner, columns: columns)
    packing.forEachStretch(ofRows: columns) { rows in
      seq_panels_pack(
        values + rows.lowerBound * inner, Int64(inner), Int64(rows.count), true,
        panels.pointer + rows.lowerBound * inner)
    }
  }

  private init(inner: Int, columns: Int) {
    self.inner = inner
    self.columns = columns
    panels = PanelMemory(count: Int(seq_panels_size(Int64(inner), Int64(columns))))
  }

  /// The floats that a row of the result has room for: ``columns``, rounded up to a whole panel.
  public static func paddedColumns(_ columns: Int) -> Int { (columns + width - 1) / width * width }

  /// The panel that begins with a column, a multiple of ``width``.
  func panels(from column: Int) -> UnsafePointer<Float> {
    UnsafePointer(panels.pointer + column * inner)
  }

  /// Computes `y = x · matrix`, or adds the product to `y`.
  ///
  /// - Shapes: `x` `[rows, inner]`, `y` `[rows, columns]`; strides are floats between rows, and
  ///   those of `y` are at least ``paddedColumns(_:)``, all of which are written.
  public func multiply(
    _ x: UnsafePointer<Float>, stride xStride: Int, into y: UnsafeMutablePointer<Float>,
    stride yStride: Int, rows: Int, accumulate: Bool = false
  ) {
    seq_panels_product(
      x, Int64(xStride), panels.pointer, y, Int64(yStride), Int64(rows), Int64(inner),
      Int64(columns),
      accumulate)
  }
}
