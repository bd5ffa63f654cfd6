public import SeqKernels
public import SeqTensors

/// The position-wise network of a Transformer layer: `W₂ f(W₁ x + b₁) + b₂`.
///
/// - Shapes: `[tokens, size]` → `[tokens, size]`.
/// - SeeAlso: Vaswani et al. 2017, §3.3.
public struct FeedForward: Sendable {
  public let inner: Linear
  public let outer: Linear
  public let dropout: Double

  /// - Parameters:
  ///   - dropout: Rate after the activation, 0–1.
  ///   - outerGain: Factor on the initial weights of the outer map.
  public init(
    in scope: ParameterScope, size: Int, innerSize: Int, activation: Activation, dropout: Double,
    outerGain: Float = 1
  ) {
    inner = Linear(
      in: scope["inner"], inputSize: size, outputSize: innerSize, activation: activation)
    outer = Linear(
      in: scope["outer"], inputSize: innerSize, outputSize: size,
      initializer: .xavierUniform(gain: outerGain))
    self.dropout = dropout
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { outer(inner(x).dropout(dropout)) }
}
