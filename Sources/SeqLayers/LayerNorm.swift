public import SeqTensors

/// Normalisation of every row by itself, with a learned scale and, for layer norm, a shift.
///
/// - Shapes: `[rows, size]` → `[rows, size]`.
public struct LayerNorm: Sendable {
  /// What a row is divided by.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Its standard deviation, after its mean is subtracted (Ba, Kiros, Hinton 2016,
    /// arXiv:1607.06450).
    case layer
    /// The root of its mean square; nothing is subtracted, nothing added (Zhang & Sennrich 2019,
    /// arXiv:1910.07467).
    case rms
  }

  /// The scale, `[size]`; starts at 1.
  public let weight: Parameter
  /// The shift, `[size]`; starts at 0.
  ///
  /// RMS norm has none.
  public let bias: Parameter?
  /// Added to the variance or mean square, so that nothing is divided by zero.
  public let epsilon: Float

  /// Names its parameters `weight` and `bias`.
  public init(in scope: ParameterScope, size: Int, kind: Kind = .layer, epsilon: Float = 1e-5) {
    weight = scope.parameter("weight", [size], .constant(1))
    bias = kind == .layer ? scope.parameter("bias", [size], .constant(0)) : nil
    self.epsilon = epsilon
  }

  /// Normalises every row by itself.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.layerNorm(weight: weight, bias: bias, epsilon: epsilon)
  }
}
