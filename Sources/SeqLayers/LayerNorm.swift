public import SeqTensors

/// Layer normalisation with a learned scale and shift.
///
/// - Shapes: `[rows, size]` → `[rows, size]`.
/// - SeeAlso: Ba, Kiros, Hinton 2016, arXiv:1607.06450.
public struct LayerNorm: Sendable {
  /// `[size]`, starts at 1.
  public let weight: Parameter
  /// `[size]`, starts at 0.
  public let bias: Parameter

  public init(in scope: ParameterScope, size: Int) {
    weight = scope.parameter("weight", [size], .constant(1))
    bias = scope.parameter("bias", [size], .constant(0))
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { x.layerNorm(weight: weight, bias: bias) }
}
