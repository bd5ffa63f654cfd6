/// Which rule turns gradients into updates, with its constants.
public struct OptimizerConfiguration: Codable, Hashable, Sendable {
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Kingma & Ba 2015, arXiv:1412.6980; weight decay, if any, is added to the gradient.
    case adam
    /// Loshchilov & Hutter 2019, arXiv:1711.05101: weight decay apart from the gradient.
    case adamw
  }

  public var type: Kind
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  public var weightDecay: Double
  /// The largest norm of the whole gradient, measured after division by the number of target
  /// tokens; nil leaves it alone.
  public var clipNorm: Double?

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
