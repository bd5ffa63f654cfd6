internal import CSeqKernels

/// The constants of one Adam update.
public struct AdamStep: Sendable, Hashable {
  /// Multiplies the gradient first: the inverse of the token count, and clipping.
  public var gradientScale: Float
  /// β₁, the share that the mean of gradients keeps.
  public var beta1: Float
  /// β₂, the share that the mean of squared gradients keeps.
  public var beta2: Float
  /// Added to the root of the second moment.
  public var epsilon: Float
  /// The learning rate over 1 − β₁ᵗ.
  public var stepSize: Float
  /// The inverse of 1 − β₂ᵗ.
  public var secondMomentScale: Float
  /// The learning rate times the weight decay for AdamW, 0 for Adam.
  public var decay: Float
  /// The weight decay for Adam, times the value added to the gradient; 0 for AdamW.
  public var gradientDecay: Float

  /// The constants as the kernel takes them; none is checked.
  public init(
    gradientScale: Float, beta1: Float, beta2: Float, epsilon: Float, stepSize: Float,
    secondMomentScale: Float, decay: Float, gradientDecay: Float
  ) {
    self.gradientScale = gradientScale
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.stepSize = stepSize
    self.secondMomentScale = secondMomentScale
    self.decay = decay
    self.gradientDecay = gradientDecay
  }
}

extension Kernels {
  /// One step over a run of parameters, moments and values changed in place.
  ///
  /// `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `w ← w − decay·w − stepSize·m / (√v̂ + ε)`
  public static func adam(
    value: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    firstMoment: UnsafeMutablePointer<Float>, secondMoment: UnsafeMutablePointer<Float>,
    count: Int, _ step: AdamStep
  ) {
    seq_adam(
      value, gradient, firstMoment, secondMoment, Int64(count),
      seq_adam_step(
        gradient_scale: step.gradientScale, beta1: step.beta1, beta2: step.beta2,
        epsilon: step.epsilon, step_size: step.stepSize,
        second_moment_scale: step.secondMomentScale, decay: step.decay,
        gradient_decay: step.gradientDecay))
  }
}
