public import SeqKernels
public import SeqTensors

/// A learned linear map of every row, with an activation: `f(x Wᵀ + b)`.
///
/// - Shapes: `[rows, inputSize]` → `[rows, outputSize]`.
public struct Linear: Sendable {
  /// `[outputSize, inputSize]`
  public let weight: Parameter
  /// `[outputSize]`
  public let bias: Parameter?
  public let activation: Activation

  /// - Parameters:
  ///   - scope: Where `weight` and `bias` are named.
  ///   - initializer: How the weight starts; the bias starts at 0.
  public init(
    in scope: ParameterScope, inputSize: Int, outputSize: Int, hasBias: Bool = true,
    activation: Activation = .identity, initializer: Initializer = .xavierUniform()
  ) {
    weight = scope.parameter("weight", [outputSize, inputSize], initializer)
    bias = hasBias ? scope.parameter("bias", [outputSize], .constant(0)) : nil
    self.activation = activation
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.linear(weight: weight, bias: bias, activation: activation)
  }
}
