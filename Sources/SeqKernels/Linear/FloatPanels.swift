internal import CSeqKernels

/// A linear map over float32 panels.
struct FloatPanels: LinearForm {
  private let matrix: PanelMatrix
  private let bias: PanelMemory<Float>?
  private let relu: Bool

  /// Copies a weight `[outputSize, inputSize]`.
  init(
    _ weight: UnsafePointer<Float>, outputSize: Int, inputSize: Int, _ ending: LinearEnding,
    _ packing: Packing
  ) {
    matrix = PanelMatrix(transposed: weight, inner: inputSize, columns: outputSize, packing)
    bias = PanelMemory(ending.bias, columns: outputSize)
    relu = ending.relu
  }

  func apply(
    _ x: UnsafePointer<Float>, rows: Int, columns: Range<Int>, into y: UnsafeMutablePointer<Float>,
    stride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    let first = columns.lowerBound
    seq_panels_linear(
      x, matrix.panels(from: first), bias.map { UnsafePointer($0.pointer + first) }, relu, y,
      Int64(stride), Int64(rows), Int64(matrix.inner), Int64(columns.count))
  }
}
