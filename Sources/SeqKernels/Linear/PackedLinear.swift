internal import CSeqKernels

/// A linear map with its weight packed for the CPU, for inference.
///
/// A row's bits do not depend on the number of rows: on any machine that computes with panels, and
/// with AVX-512, where float32 goes through oneDNN.
public struct PackedLinear: Sendable {
  /// Columns of what is mapped.
  public let inputSize: Int
  /// Columns of the result.
  public let outputSize: Int
  let form: any LinearForm

  /// Packs a weight, which takes about as long as copying it.
  ///
  /// - Parameters:
  ///   - weight: `[outputSize, inputSize]`, copied and rounded to the precision.
  ///   - bias: `[outputSize]`, copied; nil adds nothing.
  ///   - outputSize: Rows of the weight.
  ///   - inputSize: Columns of the weight.
  ///   - relu: Whether negative results become 0.
  ///   - precision: What the numbers are multiplied in.
  ///   - team: Who packs it together; nil for this thread alone.
  ///   - wereRead: Told which rows of the weight are needed no more.
  public init(
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, outputSize: Int, inputSize: Int,
    relu: Bool, precision: Precision = .float32, team: Team? = nil,
    wereRead: @escaping RowsWereRead = { _ in }
  ) {
    self.init(
      weight: weight, bias: bias, outputSize: outputSize, inputSize: inputSize, relu: relu,
      precision: precision, usesLibrary: precision == .float32 && LibraryLinear.isPreferred,
      team: team, wereRead: wereRead)
  }

  /// The same, with panels or through the library as is said: both must work everywhere.
  ///
  /// - Precondition: The library takes float32 only.
  package init(
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, outputSize: Int, inputSize: Int,
    relu: Bool, precision: Precision, usesLibrary: Bool, team: Team? = nil,
    wereRead: @escaping RowsWereRead = { _ in }
  ) {
    let ending = LinearEnding(bias: bias, relu: relu)
    let packing = Packing(team: team, wereRead: wereRead)
    self.inputSize = inputSize
    self.outputSize = outputSize
    switch precision {
    case .float32 where usesLibrary:
      guard
        let linear = LibraryLinear(
          weight, outputSize: outputSize, inputSize: inputSize, ending)
      else {
        requirementFailure("linear: weight [\(outputSize), \(inputSize)] could not be packed")
      }
      form = linear
    case .float32:
      form = FloatPanels(
        weight, outputSize: outputSize, inputSize: inputSize, ending, packing)
    case .bfloat16:
      form = BFloat16Panels(
        rounding: weight, outputSize: outputSize, inputSize: inputSize, ending, packing)
    case .int8:
      form = Int8Panels(
        rounding: weight, outputSize: outputSize, inputSize: inputSize, ending, packing)
    }
  }

  /// Packs a weight that is stored as bfloat16, `[outputSize, inputSize]`.
  public init(
    bfloat16 weight: UnsafePointer<UInt16>, bias: UnsafePointer<Float>?, outputSize: Int,
    inputSize: Int, relu: Bool, team: Team? = nil, wereRead: @escaping RowsWereRead = { _ in }
  ) {
    self.inputSize = inputSize
    self.outputSize = outputSize
    form = BFloat16Panels(
      weight, outputSize: outputSize, inputSize: inputSize, LinearEnding(bias: bias, relu: relu),
      Packing(team: team, wereRead: wereRead))
  }

  /// Packs a weight that is stored as int8, `[outputSize, inputSize]`, with a scale for each row.
  public init(
    int8 weight: UnsafePointer<Int8>, scales: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    outputSize: Int, inputSize: Int, relu: Bool, team: Team? = nil,
    wereRead: @escaping RowsWereRead = { _ in }
  ) {
    self.inputSize = inputSize
    self.outputSize = outputSize
    form = Int8Panels(
      weight, scales: scales, outputSize: outputSize, inputSize: inputSize,
      LinearEnding(bias: bias, relu: relu), Packing(team: team, wereRead: wereRead))
  }

  /// The number of rows that a product over `rows` rows may read and write: buffers must hold as
  /// many.
  public static func paddedRows(_ rows: Int) -> Int {
    LibraryLinear.isPreferred ? LibraryLinear.paddedRows(rows) : rows
  }

  /// Floats of scratch memory that a product over so many rows needs, often none.
  public func scratchCount(rows: Int) -> Int { form.scratchCount(rows: rows) }

  /// Computes `y = x · weightᵀ + bias`, and `max(y, 0)` of it where that was asked for.
  ///
  /// A team divides the columns among its threads.
  ///
  /// - Shapes: `x` `[paddedRows(rows), inputSize]`, `y` `[paddedRows(rows), outputSize]`; the rows
  ///   past `rows` may be read and written, their content does not matter. `scratch` holds
  ///   ``scratchCount(rows:)`` floats.
  public func callAsFunction(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rows: Int,
    scratch: UnsafeMutablePointer<Float>, team: Team? = nil
  ) {
    form.prepare(x, rows: rows, scratch: scratch)
    let team = form.canSplitColumns ? team ?? .alone : .alone
    team.divide(columns: outputSize) { columns in
      form.apply(
        x, rows: rows, columns: columns, into: y + columns.lowerBound, stride: outputSize,
        scratch: scratch)
    }
  }
}
