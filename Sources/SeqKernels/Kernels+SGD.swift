internal import CSeqKernels

/// The constants of one step of stochastic gradient descent.
public struct SGDStep: Sendable, Hashable {
  /// Multiplies the gradient first: the inverse of the token count, and clipping.
  public var gradientScale: Float
  /// The weight decay, times the value added to the gradient.
  public var gradientDecay: Float
  /// The share that the velocity keeps.
  public var momentum: Float
  /// The share of the gradient that the velocity takes: 1 less the dampening.
  public var gradientShare: Float
  /// The learning rate.
  public var rate: Float
  /// Whether the step goes along the velocity that the next step would have.
  public var nesterov: Bool
  /// Whether the velocity begins here, as the gradient.
  public var isFirst: Bool

  /// The constants as the kernel takes them; none is checked.
  public init(
    gradientScale: Float, gradientDecay: Float, momentum: Float, gradientShare: Float, rate: Float,
    nesterov: Bool, isFirst: Bool
  ) {
    self.gradientScale = gradientScale
    self.gradientDecay = gradientDecay
    self.momentum = momentum
    self.gradientShare = gradientShare
    self.rate = rate
    self.nesterov = nesterov
    self.isFirst = isFirst
  }
}

extension Kernels {
  /// One step over a run of parameters, velocities and values changed in place; nil is no momentum.
  ///
  /// `b ← momentum·b + (1 − dampening)·g`, `w ← w − rate·b`, or `− rate·(g + momentum·b)`.
  public static func sgd(
    value: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>?, count: Int, _ step: SGDStep
  ) {
    seq_sgd(
      value, gradient, velocity, Int64(count),
      seq_sgd_step(
        gradient_scale: step.gradientScale, gradient_decay: step.gradientDecay,
        momentum: step.momentum, gradient_share: step.gradientShare, rate: step.rate,
        nesterov: step.nesterov, is_first: step.isFirst))
  }
}
