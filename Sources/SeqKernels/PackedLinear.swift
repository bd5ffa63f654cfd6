#if canImport(Accelerate)
  internal import Accelerate
#else
  internal import COneDNN
#endif

/// A linear map with its weight packed for the CPU, for inference.
///
/// On AVX-512 a row's bits do not depend on the number of rows.
///
/// - Note: `@unchecked Sendable`: the packed weight is written once, before `init` returns; the
///   table of primitives behind it has its own lock.
public final class PackedLinear: @unchecked Sendable {
  /// Columns of what is mapped.
  public let inputSize: Int
  /// Columns of the result.
  public let outputSize: Int
  #if canImport(Accelerate)
    private let weight: [Float]
    private let bias: [Float]?
    private let relu: Bool
  #else
    private let handle: OpaquePointer
  #endif

  /// Packs a weight, which takes about as long as copying it.
  ///
  /// - Parameters:
  ///   - weight: `[outputSize, inputSize]`, copied.
  ///   - bias: `[outputSize]`, copied; nil adds nothing.
  ///   - outputSize: Rows of the weight.
  ///   - inputSize: Columns of the weight.
  ///   - relu: Whether negative results become 0.
  public init(
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, outputSize: Int, inputSize: Int,
    relu: Bool
  ) {
    self.inputSize = inputSize
    self.outputSize = outputSize
    #if canImport(Accelerate)
      self.weight = Array(UnsafeBufferPointer(start: weight, count: outputSize * inputSize))
      self.bias = bias.map { Array(UnsafeBufferPointer(start: $0, count: outputSize)) }
      self.relu = relu
    #else
      guard
        let handle = seq_onednn_linear_create(
          weight, bias, Int64(outputSize), Int64(inputSize), relu)
      else {
        requirementFailure(
          "linear: weight [\(outputSize), \(inputSize)], oneDNN could not pack it")
      }
      self.handle = handle
    #endif
  }

  #if !canImport(Accelerate)
    deinit { seq_onednn_linear_destroy(handle) }
  #endif

  /// The number of rows that a product over `rows` rows reads and writes.
  ///
  /// It is rounded up, to 1, 2, 4, 8 or a multiple of 16, so that few primitives serve every batch.
  /// Buffers must hold as many.
  public static func paddedRows(_ rows: Int) -> Int {
    if rows > 8 { return (rows + 15) / 16 * 16 }
    return rows > 4 ? 8 : (rows > 2 ? 4 : rows)
  }

  /// Computes `y = x · weightᵀ + bias`, and `max(y, 0)` of it where that was asked for.
  ///
  /// - Shapes: `x` `[paddedRows(rows), inputSize]`, `y` `[paddedRows(rows), outputSize]`; the rows
  ///   past `rows` are read and written, their content does not matter.
  public func callAsFunction(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rows: Int
  ) {
    #if canImport(Accelerate)
      MatrixProduct.multiply(
        x, stride: inputSize, by: weight, stride: inputSize, rightTransposed: true, into: y,
        stride: outputSize, rows: rows, columns: outputSize, inner: inputSize)
      if bias != nil || relu {
        Kernels.biasActivation(
          y, bias: bias, relu ? .relu : .identity, into: y, rows: rows, columns: outputSize)
      }
    #else
      let status = seq_onednn_linear_run(handle, x, Int64(Self.paddedRows(rows)), y)
      require(
        status == 0,
        "linear: [\(rows), \(inputSize)] × [\(outputSize), \(inputSize)]ᵀ, oneDNN refused with status "
          + "\(status)")
    #endif
  }
}
