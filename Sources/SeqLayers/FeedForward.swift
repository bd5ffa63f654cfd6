public import SeqKernels
public import SeqTensors

/// The position-wise network of a Transformer layer: `W₂ f(W₁ x + b₁) + b₂`.
///
/// - Shapes: `[tokens, size]` → `[tokens, size]`.
/// - SeeAlso: Vaswani et al. 2017, §3.3.
public struct FeedForward: Sendable {
  /// The first map, from `size` to the inner size, with the activation.
  public let inner: Linear
  /// The second map, back to `size`.
  public let outer: Linear
  /// Rate after the activation, 0–1.
  public let dropout: Double

  /// Names its maps `inner` and `outer`.
  ///
  /// `dropout` is the rate after the activation, 0–1; `outerGain` a factor on the initial weights of
  /// the outer map.
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

  /// Maps every row by itself.
  public func callAsFunction(_ x: Tensor) -> Tensor { outer(inner(x).dropout(dropout)) }
}
