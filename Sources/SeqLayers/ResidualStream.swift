public import SeqTensors

/// Where layer normalisation stands in a residual block.
public enum NormPlacement: String, Codable, Hashable, Sendable, CaseIterable {
  /// `x + f(norm(x))`, with one more norm after the last layer (Xiong et al. 2020,
  /// arXiv:2002.04745).
  case pre
  /// `norm(x + f(x))` (Vaswani et al. 2017).
  case post
}

/// The value that runs through a stack of residual blocks.
///
///     stream.apply(attentionNorm) { selfAttention($0) }
///     stream.apply(feedForwardNorm) { feedForward($0) }
///
/// The sum of a block waits until the next norm asks for it, because one operation does dropout,
/// sum and norm in a single pass.
public struct ResidualStream {
  private var sum: Tensor
  private var branch: Tensor?
  private let placement: NormPlacement
  private let dropout: Double

  /// A stream that starts with `x`, `[tokens, size]`.
  ///
  /// `dropout` is the rate on every branch before it is added, 0–1.
  public init(_ x: Tensor, norm placement: NormPlacement, dropout: Double) {
    sum = x
    self.placement = placement
    self.dropout = dropout
  }

  /// Adds a block: `x + f(norm(x))` or `norm(x + f(x))`.
  public mutating func apply(_ norm: LayerNorm, _ sublayer: (Tensor) -> Tensor) {
    switch placement {
    case .pre:
      branch = sublayer(normalized(by: norm))
    case .post:
      sum =
        sum.addingNorm(
          sublayer(sum), dropout: dropout, weight: norm.weight, bias: norm.bias,
          epsilon: norm.epsilon
        ).norm
    }
  }

  /// Keeps the value after the blocks so far as a layer's states, if anybody asked for them.
  public func captured(as name: @autoclosure () -> String) {
    guard sum.context.capturesStates else { return }
    (branch.map { sum.adding($0, dropout: 0) } ?? sum).captured(as: name())
  }

  /// The end of the stack: normalised once more where blocks normalise first.
  ///
  /// `norm` is needed for ``NormPlacement/pre`` and unused otherwise.
  public mutating func finish(_ norm: LayerNorm?) -> Tensor {
    guard let norm, placement == .pre else { return sum }
    return normalized(by: norm)
  }

  private mutating func normalized(by norm: LayerNorm) -> Tensor {
    guard let waiting = branch else { return norm(sum) }
    branch = nil
    let (sum, normalized) = sum.addingNorm(
      waiting, dropout: dropout, weight: norm.weight, bias: norm.bias, epsilon: norm.epsilon)
    self.sum = sum
    return normalized
  }
}
