public import SeqKernels
public import SeqTensors

/// The contexts of one worker: one to train in, one to infer in, each made when first used.
public final class WorkerContexts {
  private let store: ParameterStore
  private let auxiliaryStore: ParameterStore?
  private let trainingPrecision: Precision
  private let precision: Precision
  /// Records operations and sums the gradients of the model's parameters.
  public private(set) lazy var training = Context(
    mode: .training, store: store, auxiliaryStore: auxiliaryStore, precision: trainingPrecision)
  /// Records nothing.
  public private(set) lazy var inference = Context(mode: .inference, precision: precision)

  init(
    store: ParameterStore, auxiliaryStore: ParameterStore?, trainingPrecision: Precision,
    precision: Precision
  ) {
    self.store = store
    self.auxiliaryStore = auxiliaryStore
    self.trainingPrecision = trainingPrecision
    self.precision = precision
  }
}

/// Workers that compute with one model.
public typealias ComputePool = WorkerPool<WorkerContexts>

extension WorkerPool where Local == WorkerContexts {
  /// Workers whose contexts, made when first used, sum gradients of the store's parameters.
  ///
  /// - Parameters:
  ///   - workerCount: Threads; as many as there are ``AvailableCores`` is best.
  ///   - store: The parameters of the model.
  ///   - auxiliaryStore: Parameters trained beside them, if there are any.
  ///   - trainingPrecision: What training multiplies matrices in.
  ///   - precision: What inference computes in; by default what the parameters are stored in.
  public convenience init(
    workerCount: Int = AvailableCores.count, store: ParameterStore,
    auxiliaryStore: ParameterStore? = nil, trainingPrecision: Precision = .float32,
    precision: Precision? = nil
  ) {
    let precision = precision ?? store.storedPrecision
    self.init(count: workerCount) { _ in
      WorkerContexts(
        store: store, auxiliaryStore: auxiliaryStore, trainingPrecision: trainingPrecision,
        precision: precision)
    }
  }
}
