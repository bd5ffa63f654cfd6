internal import CSeqKernels

/// A linear map over int8 panels, a scale a column; what it multiplies is rounded too, a scale and a zero a
/// row.
struct Int8Panels: LinearForm {
  private let panels: PanelMemory<Int8>
  private let scales: PanelMemory<Float>
  private let inputSize: Int
  /// Bytes of a rounded row of what is multiplied, a multiple of four.
  private let rowSize: Int
  /// Bytes of a column of the panels.
  private let columnSize: Int
  private let bias: PanelMemory<Float>?
  private let relu: Bool

  /// Copies a weight `[outputSize, inputSize]` and the scales of its rows.
  init(
    _ weight: UnsafePointer<Int8>, scales: UnsafePointer<Float>, outputSize: Int, inputSize: Int,
    _ ending: LinearEnding, _ packing: Packing
  ) {
    self.init(outputSize: outputSize, inputSize: inputSize, ending)
    self.scales.pointer.update(from: scales, count: outputSize)
    packing.forEachStretch(ofRows: outputSize) { rows in
      pack(weight + rows.lowerBound * inputSize, rows: rows)
    }
  }

  /// Rounds a weight `[outputSize, inputSize]`.
  init(
    rounding weight: UnsafePointer<Float>, outputSize: Int, inputSize: Int, _ ending: LinearEnding,
    _ packing: Packing
  ) {
    self.init(outputSize: outputSize, inputSize: inputSize, ending)
    packing.forEachStretch(ofRows: outputSize) { rows in
      let rounded = PanelMemory<Int8>(count: rows.count * inputSize)
      seq_quantize_rows(
        weight + rows.lowerBound * inputSize, Int64(rows.count), Int64(inputSize), rounded.pointer,
        scales.pointer + rows.lowerBound)
      pack(rounded.pointer, rows: rows)
    }
  }

  private init(outputSize: Int, inputSize: Int, _ ending: LinearEnding) {
    self.inputSize = inputSize
    let padded = PanelMatrix.paddedColumns(outputSize)
    rowSize = Int(seq_panels_int8_row_size(Int64(inputSize)))
    columnSize = Int(seq_panels_int8_column_size(Int64(inputSize)))
    panels = PanelMemory(count: padded * columnSize)
    scales = PanelMemory(count: padded)
    (scales.pointer + outputSize).update(repeating: 0, count: padded - outputSize)
    bias = PanelMemory(ending.bias, columns: outputSize)
    relu = ending.relu
  }

  private func pack(_ weight: UnsafePointer<Int8>, rows: Range<Int>) {
    seq_panels_int8_pack(
      weight, Int64(inputSize), Int64(rows.count), panels.pointer + rows.lowerBound * columnSize)
  }

  /// The rounded rows.
  func scratchCount(rows: Int) -> Int { rows * rowSize / MemoryLayout<Float>.stride }

  func prepare(_ x: UnsafePointer<Float>, rows: Int, scratch: UnsafeMutablePointer<Float>) {
    seq_panels_int8_round(x, Int64(rows), Int64(inputSize), scratch)
  }

  func apply(
    _ x: UnsafePointer<Float>, rows: Int, columns: Range<Int>, into y: UnsafeMutablePointer<Float>,
    stride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    let first = columns.lowerBound
    seq_panels_int8_linear(
      scratch, panels.pointer + first * columnSize, scales.pointer + first,
      bias.map { UnsafePointer($0.pointer + first) }, relu, y,
      Int64(stride), Int64(rows), Int64(inputSize), Int64(columns.count))
  }
}
