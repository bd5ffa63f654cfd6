/// Which rule turns gradients into updates, with its constants.
///
/// Constants of other rules have no effect.
public struct OptimizerConfiguration: Codable, Hashable, Sendable {
  /// The update rules there are.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Gradient descent, with momentum if ``OptimizerConfiguration/momentum`` is above 0; weight
    /// decay, if any, is added to the gradient.
    case sgd
    /// Kingma & Ba 2015, arXiv:1412.6980; weight decay, if any, is added to the gradient.
    case adam
    /// Loshchilov & Hutter 2019, arXiv:1711.05101: weight decay apart from the gradient.
    case adamw
    /// Shazeer & Stern 2018, arXiv:1804.04235: memory of rows and columns alone; see ``Adafactor``.
    case adafactor
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
  /// The largest norm of the whole gradient, measured after division by what the loss is a mean over,
  /// target tokens or pairs; nil leaves it alone.
  public var clipNorm: Double?

  // MARK: SGD

  /// The share that the velocity keeps at each step, 0 ..< 1.
  public var momentum: Double
  /// How much less than the whole gradient the velocity takes, 0 ..< 1.
  public var dampening: Double
  /// Whether a step goes along the velocity that the next one would have.
  ///
  /// Needs momentum and no dampening.
  public var nesterov: Bool

  // MARK: Adafactor

  /// The moments take `t^−decayRate` of new squares at step t, above 0 and up to 1.
  public var decayRate: Double
  /// The largest root mean square of an update before the rate, d in the paper.
  public var clipThreshold: Double
  /// The least that an update divides by.
  public var epsilon1: Double
  /// The least root mean square that a parameter counts with.
  public var epsilon2: Double
  /// Whether the rate falls at least as 1/√t.
  public var relativeStep: Bool
  /// Whether the rate is relative to the root mean square of each parameter.
  public var scaleParameter: Bool

  /// Adam's constants are by default those of "Attention is all you need", §5.3, with the norm
  /// clipped to 1; Adafactor's those of torch.optim.
  public init(
    type: Kind = .adam, beta1: Double = 0.9, beta2: Double = 0.98, epsilon: Double = 1e-9,
    weightDecay: Double = 0, clipNorm: Double? = 1, momentum: Double = 0, dampening: Double = 0,
    nesterov: Bool = false, decayRate: Double = 0.8, clipThreshold: Double = 1,
    epsilon1: Double = 0x1p-23, epsilon2: Double = 1e-3, relativeStep: Bool = true,
    scaleParameter: Bool = true
  ) {
    self.type = type
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.clipNorm = clipNorm
    self.momentum = momentum
    self.dampening = dampening
    self.nesterov = nesterov
    self.decayRate = decayRate
    self.clipThreshold = clipThreshold
    self.epsilon1 = epsilon1
    self.epsilon2 = epsilon2
    self.relativeStep = relativeStep
    self.scaleParameter = scaleParameter
  }
}

extension OptimizerConfiguration {
  /// Reads what ``encode(to:)`` wrote; what is not there has its default, and no clip norm is none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let defaults = OptimizerConfiguration()
    func value<Value: Decodable>(_ key: CodingKeys, or fallback: Value) throws -> Value {
      try container.decodeIfPresent(Value.self, forKey: key) ?? fallback
    }
    self.init(
      type: try value(.type, or: defaults.type), beta1: try value(.beta1, or: defaults.beta1),
      beta2: try value(.beta2, or: defaults.beta2),
      epsilon: try value(.epsilon, or: defaults.epsilon),
      weightDecay: try value(.weightDecay, or: defaults.weightDecay),
      clipNorm: try container.decodeIfPresent(Double.self, forKey: .clipNorm),
      momentum: try value(.momentum, or: defaults.momentum),
      dampening: try value(.dampening, or: defaults.dampening),
      nesterov: try value(.nesterov, or: defaults.nesterov),
      decayRate: try value(.decayRate, or: defaults.decayRate),
      clipThreshold: try value(.clipThreshold, or: defaults.clipThreshold),
      epsilon1: try value(.epsilon1, or: defaults.epsilon1),
      epsilon2: try value(.epsilon2, or: defaults.epsilon2),
      relativeStep: try value(.relativeStep, or: defaults.relativeStep),
      scaleParameter: try value(.scaleParameter, or: defaults.scaleParameter))
  }
}
