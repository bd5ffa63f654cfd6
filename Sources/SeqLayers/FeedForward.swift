public import SeqKernels
public import SeqTensors

/// The position-wise network of a Transformer layer: `W₂ f(W₁ x + b₁) + b₂`, or with a gate
/// `W₂ (f(W₁ x + b₁) · (W₃ x + b₃)) + b₂`.
///
/// - Shapes: `[tokens, size]` → `[tokens, size]`.
/// - SeeAlso: Vaswani et al. 2017, §3.3; Shazeer 2020, arXiv:2002.05202.
public struct FeedForward: Sendable {
  /// The first map, from `size` to the inner size, with the activation; with a gate W₁ and below it
  /// W₃, to twice the inner size.
  public let inner: Linear
  /// The second map, back to `size`.
  public let outer: Linear
  /// Rate after the activation, 0–1.
  public let dropout: Double
  private let gate: Activation?

  /// Names its maps `inner` and `outer`.
  ///
  /// `dropout` is the rate after the activation, 0–1; `outerGain` a factor on the initial weights of
  /// the outer map; without `hasBias` the maps add none.
  ///
  /// - Precondition: Gated, the activation is GELU in either form or swish.
  public init(
    in scope: ParameterScope, size: Int, innerSize: Int, activation: Activation,
    isGated: Bool = false, hasBias: Bool = true, dropout: Double, outerGain: Float = 1
  ) {
    inner = Linear(
      in: scope["inner"], inputSize: size, outputSize: isGated ? 2 * innerSize : innerSize,
      hasBias: hasBias,
      activation: isGated ? .identity : activation,
      initializer: .xavierUniform(blocks: isGated ? 2 : 1))
    gate = isGated ? activation : nil
    outer = Linear(
      in: scope["outer"], inputSize: innerSize, outputSize: size, hasBias: hasBias,
      initializer: .xavierUniform(gain: outerGain))
    self.dropout = dropout
  }

  /// Maps every row by itself.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let inside = inner(x)
    return outer((gate.map { inside.gated(by: $0) } ?? inside).dropout(dropout))
  }
}
