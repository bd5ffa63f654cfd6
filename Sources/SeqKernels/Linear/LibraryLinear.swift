#if canImport(Accelerate)
  /// A linear map through Accelerate, which packs nothing.
  struct LibraryLinear: LinearForm {
    private let weight: [Float]
    private let bias: [Float]?
    private let relu: Bool
    private let inputSize: Int

    /// Copies a weight `[outputSize, inputSize]`.
    init?(
      _ weight: UnsafePointer<Float>, outputSize: Int, inputSize: Int, _ ending: LinearEnding
    ) {
      self.weight = Array(UnsafeBufferPointer(start: weight, count: outputSize * inputSize))
      bias = ending.bias.map { Array(UnsafeBufferPointer(start: $0, count: outputSize)) }
      relu = ending.relu
      self.inputSize = inputSize
    }

    /// Always: it is made for the matrix units of Apple's chips.
    static var isPreferred: Bool { true }
    static func paddedRows(_ rows: Int) -> Int { rows }
    var canSplitColumns: Bool { false }

    func apply(
      _ x: UnsafePointer<Float>, rows: Int, columns: Range<Int>,
      into y: UnsafeMutablePointer<Float>, stride: Int, scratch: UnsafeMutablePointer<Float>
    ) {
      MatrixProduct.multiply(
        x, stride: inputSize, by: weight, stride: inputSize, rightTransposed: true, into: y,
        stride: stride, rows: rows, columns: columns.count, inner: inputSize)
      if bias != nil || relu {
        Kernels.biasActivation(
          y, bias: bias, relu ? .relu : .identity, into: y, rows: rows, columns: columns.count)
      }
    }
  }
#else
  internal import COneDNN
  internal import CSeqKernels

  /// A linear map through oneDNN, which chooses the packed form and keeps a primitive for every number
  /// of rows.
  ///
  /// - Note: `@unchecked Sendable`: the packed weight is written once, before `init` returns; the table
  ///   of primitives behind it has its own lock.
  final class LibraryLinear: LinearForm, @unchecked Sendable {
    private let handle: OpaquePointer

    /// Copies a weight `[outputSize, inputSize]`; nil when oneDNN refuses.
    init?(
      _ weight: UnsafePointer<Float>, outputSize: Int, inputSize: Int, _ ending: LinearEnding
    ) {
      guard
        let handle = seq_onednn_linear_create(
          weight, ending.bias, Int64(outputSize), Int64(inputSize), ending.relu)
      else { return nil }
      self.handle = handle
    }

    deinit { seq_onednn_linear_destroy(handle) }

    /// With AVX-512 it is at its peak and gives a row the same bits whatever the number of rows;
    /// elsewhere it does neither.
    static let isPreferred = seq_has_avx512()

    /// 1, 2, 4, 8 or a multiple of 16, so that few primitives serve every batch.
    static func paddedRows(_ rows: Int) -> Int {
      if rows > 8 { return (rows + 15) / 16 * 16 }
      return rows > 4 ? 8 : (rows > 2 ? 4 : rows)
    }

    var canSplitColumns: Bool { false }

    func apply(
      _ x: UnsafePointer<Float>, rows: Int, columns: Range<Int>,
      into y: UnsafeMutablePointer<Float>, stride: Int, scratch: UnsafeMutablePointer<Float>
    ) {
      let status = seq_onednn_linear_run(handle, x, Int64(Self.paddedRows(rows)), y)
      require(
        status == 0,
        "linear: \(rows) rows, \(columns.count) columns, oneDNN refused with status \(status)")
    }
  }
#endif
