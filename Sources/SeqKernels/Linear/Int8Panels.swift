internal import CSeqKernels

/// A linear map over int8 panels, a scale a column; what it multiplies is rounded too, a scale a row.
struct Int8Panels: LinearForm {
  private let panels: PanelMemory<Int8>
  private let scales: PanelMemory<Float>
  private let inputSize: Int
  private let bias: PanelMemory<Float>?
  private let relu: Bool

  /// Copies a weight `[outputSize, inputSize]` and the scales of its rows.
  init(
    _ weight: UnsafePointer<Int8>, scales: UnsafePointer<Float>, outputSize: Int, inputSize: Int,
    _ ending: LinearEnding, _ wereRead: RowsWereRead
  ) {
    self.init(outputSize: outputSize, inputSize: inputSize, ending)
    self.scales.pointer.update(from: scales, count: outputSize)
    forEachStretch(ofRows: outputSize, wereRead) { rows in
      pack(weight + rows.lowerBound * inputSize, rows: rows)
    }
  }

  /// Rounds a weight `[outputSize, inputSize]`.
  init(
    rounding weight: UnsafePointer<Float>, outputSize: Int, inputSize: Int, _ ending: LinearEnding,
    _ wereRead: RowsWereRead
  ) {
    self.init(outputSize: outputSize, inputSize: inputSize, ending)
    forEachStretch(ofRows: outputSize, wereRead) { rows in
      let rounded = PanelMemory<Int8>(count: rows.count * inputSize)
      seq_quantize_rows(
        weight + rows.lowerBound * inputSize, Int64(rows.count), Int64(inputSize), rounded.pointer,
        scales.pointer + rows.lowerBound)
      pack(rounded.pointer, rows: rows)
    }
  }

  private init(outputSize: Int, inputSize: Int, _ ending: LinearEnding) {
    self.inputSize = inputSize
    panels = PanelMemory(count: Int(seq_panels_int8_size(Int64(inputSize), Int64(outputSize))))
    let padded = PanelMatrix.paddedColumns(outputSize)
    scales = PanelMemory(count: padded)
    (scales.pointer + outputSize).update(repeating: 0, count: padded - outputSize)
    bias = PanelMemory(ending.bias, columns: outputSize)
    relu = ending.relu
  }

  private func pack(_ weight: UnsafePointer<Int8>, rows: Range<Int>) {
    seq_panels_int8_pack(
      weight, Int64(inputSize), Int64(rows.count), panels.pointer + rows.lowerBound * roundedRow)
  }

  /// Rows of sixteen-bit numbers, an even number of them, then the scales of the rows.
  private var roundedRow: Int { (inputSize + 1) / 2 * 2 }

  func scratchCount(rows: Int) -> Int { rows * roundedRow / 2 + rows }

  func prepare(_ x: UnsafePointer<Float>, rows: Int, scratch: UnsafeMutablePointer<Float>) {
    let rounded = UnsafeMutableRawPointer(scratch + rows)
    seq_quantize_widened(
      x, Int64(rows), Int64(inputSize),
      rounded.assumingMemoryBound(to: Int16.self), scratch)
  }

  func apply(
    _ x: UnsafePointer<Float>, rows: Int, columns: Range<Int>, into y: UnsafeMutablePointer<Float>,
    stride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    let first = columns.lowerBound
    let rounded = UnsafeRawPointer(scratch + rows)
    seq_panels_int8_linear(
      rounded.assumingMemoryBound(to: Int16.self), scratch, panels.pointer + first * roundedRow,
      scales.pointer + first, bias.map { UnsafePointer($0.pointer + first) }, relu, y,
      Int64(stride), Int64(rows), Int64(inputSize), Int64(columns.count))
  }
}
