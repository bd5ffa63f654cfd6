internal import CSeqKernels

extension Kernels {
  /// Sets every element of `y` to a value.
  public static func fill(_ y: UnsafeMutablePointer<Float>, count: Int, value: Float) {
    seq_fill(y, Int64(count), value)
  }

  /// Adds element by element: `y = a + b`.
  public static func add(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    seq_add(a, b, y, Int64(count))
  }

  /// Subtracts element by element: `y = a − b`.
  public static func subtract(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    seq_subtract(a, b, y, Int64(count))
  }

  /// Multiplies element by element: `y = a · b`.
  public static func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    seq_multiply(a, b, y, Int64(count))
  }

  /// Adds a multiple: `y += alpha · x`.
  public static func accumulate(
    _ x: UnsafePointer<Float>, times alpha: Float = 1, into y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    seq_accumulate(x, alpha, y, Int64(count))
  }

  /// Adds products element by element: `y += a · b`.
  public static func accumulateProduct(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    seq_accumulate_product(a, b, y, Int64(count))
  }

  /// Multiplies by a number: `y = alpha · x`.
  public static func scale(
    _ x: UnsafePointer<Float>, by alpha: Float, into y: UnsafeMutablePointer<Float>, count: Int
  ) {
    seq_scale(x, alpha, y, Int64(count))
  }

  /// The sum, taken in double precision.
  public static func sum(_ x: UnsafePointer<Float>, count: Int) -> Double {
    seq_sum(x, Int64(count))
  }

  /// The sum of squares, taken in double precision.
  public static func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Double {
    seq_sum_squares(x, Int64(count))
  }

  /// The scalar product, taken in double precision.
  public static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Double
  {
    seq_dot(a, b, Int64(count))
  }

  /// Adds the sum of every column: `y[column] += Σ x[row, column]`.
  public static func accumulateColumns(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    seq_accumulate_columns(x, y, Int64(rows), Int64(columns))
  }

  /// Adds a bias to every row and applies a function: `y = f(x + bias)`.
  ///
  /// `x` and `y` may be the same buffer.
  public static func biasActivation(
    _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>?, _ activation: Activation,
    into y: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    seq_bias_activation(x, bias, y, Int64(rows), Int64(columns), activation.code)
  }

  /// The gradient of ``biasActivation``: `dx = dy · f′`, its columns summed onto `biasGradient`.
  ///
  /// `saved` is the function's argument for GELU and swish, its result otherwise. `dy` and `dx` may be the
  /// same buffer.
  public static func biasActivationBackward(
    _ dy: UnsafePointer<Float>, saved: UnsafePointer<Float>, _ activation: Activation,
    into dx: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?, rows: Int,
    columns: Int
  ) {
    seq_bias_activation_backward(
      dy, saved, dx, biasGradient, Int64(rows), Int64(columns), activation.code)
  }

  /// `y = f(a) · b`, where a row of `x` is a and then b, `columns` each; f is GELU or swish.
  public static func gate(
    _ x: UnsafePointer<Float>, _ activation: Activation, into y: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int
  ) {
    seq_gate(x, y, Int64(rows), Int64(columns), activation.code)
  }

  /// The step back of ``gate(_:_:into:rows:columns:)``, added to `dx`.
  public static func gateBackward(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ activation: Activation,
    into dx: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    seq_gate_backward(dy, x, dx, Int64(rows), Int64(columns), activation.code)
  }

  /// Zeroes the elements that the draws drop and scales the others up: `y = dropout(x)`.
  ///
  /// `x` and `y` may be the same buffer.
  public static func dropout(
    _ x: UnsafePointer<Float>, _ draws: DropoutDraws, rowIDs: UnsafePointer<UInt32>,
    into y: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    seq_dropout_rows(x, y, rowIDs, Int64(rows), Int64(columns), draws.value)
  }
}
