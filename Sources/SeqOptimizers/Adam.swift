internal import Foundation
public import SeqKernels
public import SeqTensors

/// Adam and AdamW over a whole store, in two passes over memory that workers share.
///
///     try optimizer.update(summing: buffers, scale: 1 / tokens, rate: rate, pool: pool)
///
/// - SeeAlso: Kingma & Ba 2015, arXiv:1412.6980; Loshchilov & Hutter 2019, arXiv:1711.05101.
public final class Adam: Optimizer {
  /// The rule and its constants.
  public let configuration: OptimizerConfiguration
  /// What is updated.
  public let store: ParameterStore
  /// Updates made so far.
  public private(set) var stepCount: Int
  /// Means of gradients and of their squares, in the flat order of the store.
  private let moments: FlatBuffer

  /// An optimizer that has made no update; its moments take twice the memory of the parameters.
  public init(_ configuration: OptimizerConfiguration, store: ParameterStore) {
    self.configuration = configuration
    self.store = store
    stepCount = 0
    moments = FlatBuffer(count: 2 * store.flatCount)
  }

  /// For every parameter its two moments, `first` and `second`.
  public var slots: [OptimizerSlot] {
    store.parameters.flatMap { parameter in
      let first = moments.pointer + parameter.offset
      return [
        OptimizerSlot("first", of: parameter, shape: parameter.shape, at: first),
        OptimizerSlot(
          "second", of: parameter, shape: parameter.shape, at: first + store.flatCount),
      ]
    }
  }

  /// Puts back the number of updates made.
  public func restore(stepCount: Int) { self.stepCount = stepCount }

  /// The first pass sums the workers' gradients and takes the norm, the second clips, updates and
  /// clears.
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
    let step = constants(scale: scale, norm: norm, rate: rate)
    let moments = moments
    let count = store.flatCount
    try gradients.forEachPart(pool: pool) { part in
      Kernels.adam(
        value: part.value, gradient: part.gradient, firstMoment: moments.pointer + part.offset,
        secondMoment: moments.pointer + count + part.offset, count: part.count, step)
    }
    store.valuesDidChange()
    return norm
  }

  private func constants(scale: Double, norm: Double, rate: Double) -> AdamStep {
    let clip = configuration.clipFactor(norm: norm)
    let correction1 = 1 - pow(configuration.beta1, Double(stepCount))
    let correction2 = 1 - pow(configuration.beta2, Double(stepCount))
    let isDecoupled = configuration.type == .adamw
    return AdamStep(
      gradientScale: Float(scale * clip), beta1: Float(configuration.beta1),
      beta2: Float(configuration.beta2), epsilon: Float(configuration.epsilon),
      stepSize: Float(rate / correction1), secondMomentScale: Float(1 / correction2),
      decay: isDecoupled ? Float(rate * configuration.weightDecay) : 0,
      gradientDecay: isDecoupled ? 0 : Float(configuration.weightDecay))
  }
}
