public import SeqKernels
public import SeqTensors

/// Stochastic gradient descent, with momentum, dampening and Nesterov's look ahead as torch.optim.SGD
/// has them.
///
/// The velocity begins as the first gradient, undampened; weight decay is added to the clipped
/// gradient.
///
/// - SeeAlso: Sutskever et al. 2013, "On the importance of initialization and momentum in deep
///   learning".
public final class SGD: Optimizer {
  /// The rule and its constants.
  public let configuration: OptimizerConfiguration
  /// What is updated.
  public let store: ParameterStore
  /// Updates made so far.
  public private(set) var stepCount = 0
  /// Nil without momentum.
  private let velocities: FlatBuffer?

  /// An optimizer that has made no update; with momentum it takes the memory of the parameters.
  public init(_ configuration: OptimizerConfiguration, store: ParameterStore) {
    self.configuration = configuration
    self.store = store
    velocities = configuration.momentum == 0 ? nil : FlatBuffer(count: store.flatCount)
  }

  /// For every parameter its `velocity`; nothing without momentum.
  public var slots: [OptimizerSlot] {
    guard let velocities else { return [] }
    return store.parameters.map {
      OptimizerSlot("velocity", of: $0, shape: $0.shape, at: velocities.pointer + $0.offset)
    }
  }

  /// Puts back the number of updates made.
  public func restore(stepCount: Int) { self.stepCount = stepCount }

  /// Sums, clips, updates and clears in two passes over memory.
  public func update<Local>(
    summing gradients: [GradientBuffer], scale: Double, rate: Double, pool: WorkerPool<Local>
  ) throws -> Double {
    let gradients = GradientSum(gradients, of: store)
    let norm = scale * (try gradients.norm(pool: pool))
    guard norm.isFinite else {
      gradients.clear()
      return norm
    }
    stepCount += 1
    let step = SGDStep(
      gradientScale: Float(scale * configuration.clipFactor(norm: norm)),
      gradientDecay: Float(configuration.weightDecay), momentum: Float(configuration.momentum),
      gradientShare: Float(1 - configuration.dampening), rate: Float(rate),
      nesterov: configuration.nesterov, isFirst: stepCount == 1)
    let velocities = velocities
    try gradients.forEachPart(pool: pool) { part in
      Kernels.sgd(
        value: part.value, gradient: part.gradient,
        velocity: velocities.map { $0.pointer + part.offset }, count: part.count, step)
    }
    store.valuesDidChange()
    return norm
  }
}
