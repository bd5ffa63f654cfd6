public import SeqKernels
public import SeqTensors

/// A learned linear map of every row, with an activation: `f(x Wᵀ + b)`.
///
/// - Shapes: `[rows, inputSize]` → `[rows, outputSize]`.
public struct Linear: Sendable {
  /// The matrix W, `[outputSize, inputSize]`.
  public let weight: Parameter
  /// The vector b, `[outputSize]`; nil adds nothing.
  public let bias: Parameter?
  /// The function f.
  public let activation: Activation

  /// Names its parameters `weight` and `bias`.
  ///
  /// `initializer` says how the weight starts; the bias starts at 0.
  public init(
    in scope: ParameterScope, inputSize: Int, outputSize: Int, hasBias: Bool = true,
    activation: Activation = .identity, initializer: Initializer = .xavierUniform()
  ) {
    weight = scope.parameter("weight", [outputSize, inputSize], initializer)
    bias = hasBias ? scope.parameter("bias", [outputSize], .constant(0)) : nil
    self.activation = activation
  }

  /// Maps every row by itself.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.linear(weight: weight, bias: bias, activation: activation)
  }
}
