/// Which rule turns gradients into updates, with its constants.
public struct OptimizerConfiguration: Codable, Hashable, Sendable {
  /// The update rules there are.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Kingma & Ba 2015, arXiv:1412.6980; weight decay, if any, is added to the gradient.
    case adam
    /// Loshchilov & Hutter 2019, arXiv:1711.05101: weight decay apart from the gradient.
    case adamw
  }

  /// Which rule.
  public var type: Kind
  /// The share that the running mean of gradients keeps at each step, 0 ..< 1.
  public var beta1: Double
  /// The share that the running mean of squared gradients keeps at each step, 0 ..< 1.
  public var beta2: Double
  /// Added to the root of the second moment, so that no step is divided by 0.
  public var epsilon: Double
  /// How strongly weights are pulled to 0; 0 leaves them alone.
  public var weightDecay: Double
  /// The largest norm of the whole gradient, measured after division by the number of target
  /// tokens; nil leaves it alone.
  public var clipNorm: Double?

  /// Every choice has the default of "Attention is all you need", §5.3, with the norm clipped to 1.
  public init(
    type: Kind = .adam, beta1: Double = 0.9, beta2: Double = 0.98, epsilon: Double = 1e-9,
    weightDecay: Double = 0, clipNorm: Double? = 1
  ) {
    self.type = type
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.clipNorm = clipNorm
  }
}
