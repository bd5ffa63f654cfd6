public import SeqKernels
public import SeqTensors

/// The contexts of one worker: one to train in, one to infer in, each made when first used.
public final class WorkerContexts {
  private let store: ParameterStore
  /// Records operations and sums the gradients of the model's parameters.
  public private(set) lazy var training = Context(mode: .training, store: store)
  /// Records nothing.
  public private(set) lazy var inference = Context(mode: .inference)

  init(store: ParameterStore) { self.store = store }
}

/// Workers that compute with one model.
public typealias ComputePool = WorkerPool<WorkerContexts>

extension WorkerPool where Local == WorkerContexts {
  /// Workers whose contexts, made when first used, sum gradients of the store's parameters.
  ///
  /// - Parameters:
  ///   - workerCount: Threads; one a core is best.
  ///   - store: The parameters of the model.
  public convenience init(workerCount: Int, store: ParameterStore) {
    self.init(count: workerCount) { _ in WorkerContexts(store: store) }
  }
}
