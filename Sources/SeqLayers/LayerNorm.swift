public import SeqTensors

/// Layer normalisation with a learned scale and shift.
///
/// - Shapes: `[rows, size]` → `[rows, size]`.
/// - SeeAlso: Ba, Kiros, Hinton 2016, arXiv:1607.06450.
public struct LayerNorm: Sendable {
  /// The scale, `[size]`; starts at 1.
  public let weight: Parameter
  /// The shift, `[size]`; starts at 0.
  public let bias: Parameter

  /// Names its parameters `weight` and `bias`.
  public init(in scope: ParameterScope, size: Int) {
    weight = scope.parameter("weight", [size], .constant(1))
    bias = scope.parameter("bias", [size], .constant(0))
  }

  /// Normalises every row by itself.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.layerNorm(weight: weight, bias: bias) }
}
