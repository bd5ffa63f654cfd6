internal import CSeqKernels

/// A linear map over bfloat16 panels: the matrix is rounded, what it multiplies is not.
struct BFloat16Panels: LinearForm {
  private let panels: PanelMemory<UInt16>
  private let inputSize: Int
  private let bias: PanelMemory<Float>?
  private let relu: Bool

  /// Copies a weight `[outputSize, inputSize]`.
  init(
    _ weight: UnsafePointer<UInt16>, outputSize: Int, inputSize: Int, _ ending: LinearEnding,
    _ packing: Packing
  ) {
    self.init(outputSize: outputSize, inputSize: inputSize, ending)
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
      let rounded = PanelMemory<UInt16>(count: rows.count * inputSize)
      seq_bfloat16_round(
        weight + rows.lowerBound * inputSize, rounded.pointer, Int64(rows.count * inputSize))
      pack(rounded.pointer, rows: rows)
    }
  }

  private init(outputSize: Int, inputSize: Int, _ ending: LinearEnding) {
    self.inputSize = inputSize
    panels = PanelMemory(count: Int(seq_panels_size(Int64(inputSize), Int64(outputSize))))
    bias = PanelMemory(ending.bias, columns: outputSize)
    relu = ending.relu
  }

  private func pack(_ weight: UnsafePointer<UInt16>, rows: Range<Int>) {
    seq_panels_bfloat16_pack(
      weight, Int64(inputSize), Int64(rows.count), panels.pointer + rows.lowerBound * inputSize)
  }

  func apply(
    _ x: UnsafePointer<Float>, rows: Int, columns: Range<Int>, into y: UnsafeMutablePointer<Float>,
    stride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    let first = columns.lowerBound
    seq_panels_bfloat16_linear(
      x, panels.pointer + first * inputSize, bias.map { UnsafePointer($0.pointer + first) }, relu,
      y, Int64(stride), Int64(rows), Int64(inputSize), Int64(columns.count))
  }
}
