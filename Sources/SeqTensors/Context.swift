public import SeqKernels

/// What a computation runs in: mode, memory, tape and randomness.
///
/// Only the roots of a computation name it (``tensor(_:shape:)``, an embedding, a parameter);
/// results carry it along. A context and its tensors stay on one thread.
public final class Context {
  /// What a computation is for.
  public enum Mode: Sendable {
    /// Operations are recorded for ``Tensor/backward()`` and dropout draws.
    case training
    /// Nothing is recorded, nothing dropped, and linear maps use packed weights.
    case inference
  }

  /// Fixed at the start: there is no switching back and forth.
  public let mode: Mode
  /// What matrices are multiplied in: in inference what linear maps and embeddings are rounded to, in
  /// training what both operands of a product are.
  ///
  /// Two kinds of small products are float32 in training whatever it says: those inside an attention, and
  /// those of a recurrent layer's states with their weight, step by step.
  public let precision: Precision
  /// Where results, gradients and scratch space come from.
  public let memory: MemoryPool
  /// Who divides single operations of inference with this thread, while somebody does.
  public var team: Team?
  let tape = Tape()
  /// Whether operations are recorded at this moment.
  private(set) var isRecording: Bool
  private var dropoutKey: UInt64 = 0
  private var dropoutCount: UInt64 = 0
  /// What ``capturingAttention(_:)`` has collected; nil when nobody asks.
  var capturedAttention: [[AttentionMap]]?
  /// What ``capturingStates(_:)`` has collected; nil when nobody asks.
  var capturedStates: [CapturedStates]?
  /// What ``probingEmbeddings(_:)`` has collected; nil when nobody asks.
  var embeddingProbes: [EmbeddingProbe]?
  private let dropsOut: Bool
  /// The gradients of parameters, summed over backward passes until ``Gradients/clear()``.
  public let gradients: Gradients
  /// The same for parameters of a second store; nil without one.
  public let auxiliaryGradients: Gradients?

  /// A context with memory and gradients of its own, nothing recorded.
  ///
  /// - Parameters:
  ///   - mode: Training or inference.
  ///   - store: The parameters that get gradients; none by default.
  ///   - auxiliaryStore: Parameters beside them, updated by themselves: those of a network that helps
  ///     to train the first.
  ///   - precision: What matrices are multiplied in; training knows float32 and bfloat16. Parameters,
  ///     gradients and sums are float32 in any.
  ///   - dropsOut: Whether dropout drops in training; without it gradients are those of what
  ///     inference computes.
  public init(
    mode: Mode, store: ParameterStore? = nil, auxiliaryStore: ParameterStore? = nil,
    precision: Precision = .float32, dropsOut: Bool = true
  ) {
    require(
      mode == .inference || precision != .int8,
      "context: training in \(precision.rawValue), expected float32 or bfloat16")
    self.mode = mode
    self.precision = precision
    self.dropsOut = dropsOut
    isRecording = mode == .training
    memory = MemoryPool()
    gradients = Gradients(store: store)
    auxiliaryGradients = auxiliaryStore.map { Gradients(store: $0) }
  }

  /// Whether operations are recorded.
  public var isTraining: Bool { mode == .training }

  /// Names the dropout draws that follow: the same key gives the same draws in the same order of
  /// operations.
  public func seedDropout(_ key: UInt64) {
    dropoutKey = key
    dropoutCount = 0
  }

  /// The draws of the next dropout; keeps everything outside training.
  ///
  /// `rate` is the probability of zeroing an element, 0 ..< 1.
  public func nextDropout(rate: Double) -> DropoutDraws {
    guard isTraining, dropsOut, rate > 0 else { return .none }
    dropoutCount += 1
    return DropoutDraws(rate: rate, key: CountedRandom.hash([dropoutKey, dropoutCount]))
  }

  /// Computes something beside the main line: its dropout draws are its own, so that those that
  /// follow are what they would be without it.
  ///
  /// Without `recording` nothing it makes has a gradient, and nothing is kept for one.
  public func aside<Result>(recording: Bool, _ body: () throws -> Result) rethrows -> Result {
    let (key, count, records) = (dropoutKey, dropoutCount, isRecording)
    dropoutKey = CountedRandom.hash([key, count, CountedRandom.hash("aside")])
    dropoutCount = 0
    isRecording = records && recording
    defer { (dropoutKey, dropoutCount, isRecording) = (key, count, records) }
    return try body()
  }

  /// Throws away what was recorded since the last backward pass; its tensors can still be read.
  ///
  /// Recorded work keeps its context alive, and the context its work: call this where training
  /// mode computes a loss that is not taken back.
  ///
  /// What ``Tensor/crossEntropy(labels:weight:bias:smoothing:scale:copying:)`` has added to the gradients
  /// of its weight and bias stays in ``gradients``: clear these before they are used, or compute such a
  /// loss within ``aside(recording:_:)``, not recording, which adds nothing and needs no discarding.
  public func discardRecorded() { tape.clear() }

  /// Where the gradient of a parameter of either store is summed; with `rows` only theirs.
  func gradient(of parameter: Parameter, rows: [Int32]? = nil) -> UnsafeMutablePointer<Float> {
    if let auxiliaryGradients, auxiliaryGradients.owns(parameter) {
      return auxiliaryGradients.pointer(to: parameter, rows: rows)
    }
    return gradients.pointer(to: parameter, rows: rows)
  }

  // MARK: Making tensors

  /// A constant: nothing takes a gradient to it.
  ///
  /// - Precondition: As many values as the shape counts.
  public func tensor(_ values: [Float], shape: Shape, sequences: Sequences? = nil) -> Tensor {
    require(values.count == shape.count, "tensor: \(shape), \(values.count) values")
    let storage = allocate(shape)
    storage.pointer.update(from: values, count: values.count)
    return Tensor(storage, shape: shape, sequences: sequences, context: self)
  }

  /// A tensor whose gradient can be asked for: a leaf that is not a parameter.
  public func variable(_ values: [Float], shape: Shape, sequences: Sequences? = nil) -> Tensor {
    let constant = tensor(values, shape: shape, sequences: sequences)
    guard isTraining else { return constant }
    return Tensor(
      constant.storage, shape: shape, sequences: sequences, context: self, slot: tape.newSlot())
  }

  /// A parameter as a tensor, for operations that take no ``Parameter``.
  public func tensor(_ parameter: Parameter) -> Tensor {
    // Packed products read whole blocks of rows, for which a parameter's own memory has no room.
    let rows = parameter.shape.rows
    if !isTraining && PackedLinear.paddedRows(rows) > rows {
      return tensor(parameter.values, shape: parameter.shape)
    }
    let storage = Storage(parameter.pointer, ownedBy: parameter)
    let inputs: [Tensor] = []
    return record(
      "parameter", storage, shape: parameter.shape, sequences: nil, inputs: inputs,
      hasParameters: true
    ) { flow, gradient in
      Kernels.accumulate(
        gradient.pointer, into: flow.gradient(of: parameter), count: parameter.shape.count)
    }
  }

  /// Uninitialised memory for a result.
  ///
  /// In inference it has room for the rows that a packed product rounds up to.
  func allocate(_ shape: Shape) -> Storage {
    let rows = isTraining ? shape.rows : PackedLinear.paddedRows(shape.rows)
    return Storage(count: max(1, rows * shape.columns), pool: memory)
  }

  func allocate(count: Int) -> Storage { Storage(count: max(1, count), pool: memory) }
}
