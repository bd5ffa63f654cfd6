public import SeqKernels
public import SeqTensors

/// Turns the gradients of a pool of workers into an update of a store's parameters.
///
///     let optimizer = OptimizerConfiguration(type: .adafactor).optimizer(for: model.store)
///     let norm = try optimizer.update(summing: buffers, scale: 1 / tokens, rate: rate, pool: pool)
///
/// Every optimizer sums, clips and clears in the same way; see ``update(summing:scale:rate:pool:)``.
public protocol Optimizer: AnyObject {
  /// The rule and its constants.
  var configuration: OptimizerConfiguration { get }
  /// What is updated.
  var store: ParameterStore { get }
  /// Updates made so far.
  var stepCount: Int { get }
  /// What it remembers between updates, for checkpoints.
  var slots: [OptimizerSlot] { get }

  /// Puts back the number of updates made; the slots are written to directly.
  func restore(stepCount: Int)

  /// Sums gradients, clips, updates the parameters and clears the gradients.
  ///
  /// When the norm is not finite nothing is updated and no step is counted, but the gradients are
  /// cleared all the same: the caller may stop, or leave out the batch and go on.
  ///
  /// - Parameters:
  ///   - gradients: One buffer a worker, made with ``GradientBuffer/init(_:)``.
  ///   - scale: Multiplies the sum before anything else: 1 / target tokens.
  ///   - rate: The learning rate.
  ///   - pool: Whose workers share the passes; any will do.
  /// - Returns: The norm of the scaled gradient before clipping.
  /// - Throws: Nothing of its own; the pool's closures do not throw.
  /// - Precondition: At least one buffer, all of gradients of ``store``.
  func update<Local>(
    summing gradients: [GradientBuffer], scale: Double, rate: Double, pool: WorkerPool<Local>
  ) throws -> Double
}

/// Numbers that an optimizer remembers of one parameter, by a name that checkpoints know.
public struct OptimizerSlot {
  /// The kind of number and the parameter, as in `first.encoder.norm.gain`.
  public let name: String
  /// The extents, for files.
  public let shape: Shape
  /// The numbers themselves, as many as ``shape`` counts; valid while the optimizer lives.
  public let values: UnsafeMutableBufferPointer<Float>

  init(
    _ kind: String, of parameter: Parameter, shape: Shape, at pointer: UnsafeMutablePointer<Float>
  ) {
    name = "\(kind).\(parameter.name)"
    self.shape = shape
    values = UnsafeMutableBufferPointer(start: pointer, count: shape.count)
  }
}

extension OptimizerConfiguration {
  /// A fresh optimizer of this rule.
  public func optimizer(for store: ParameterStore) -> any Optimizer {
    switch type {
    case .adam, .adamw: Adam(self, store: store)
    case .sgd: SGD(self, store: store)
    case .adafactor: Adafactor(self, store: store)
    }
  }

  /// What clipping multiplies a gradient of this norm by, up to 1.
  func clipFactor(norm: Double) -> Double {
    // PyTorch's clip_grad_norm_ adds 1e-6 to the norm.
    clipNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
  }
}
