internal import SeqKernels

/// The operations of one computation in order, each with the step that takes a gradient back.
final class Tape {
  struct Entry {
    /// The slots of the operation's results, consecutive.
    let outputs: Range<Int>
    /// Called with the results' gradients; those that never got one are nil.
    let pullback: (Backward, inout [Storage?]) -> Void
  }

  private(set) var generation = 0
  private var entries: [Entry] = []
  fileprivate var gradients: [Storage?] = []

  func newSlot() -> Tensor.Slot {
    gradients.append(nil)
    return Tensor.Slot(index: gradients.count - 1, generation: generation)
  }

  func append(outputs: Range<Int>, pullback: @escaping (Backward, inout [Storage?]) -> Void) {
    entries.append(Entry(outputs: outputs, pullback: pullback))
  }

  /// How many operations are recorded.
  var count: Int { entries.count }

  /// Traps in the name of an operation unless the slot was given out since the tape was last empty.
  func check(_ slot: Tensor.Slot, operation: String) {
    require(
      slot.generation == generation,
      "\(operation): the tensor's tape was unwound by backward(); compute it again")
  }

  /// Whether an operation made what has this slot.
  func isResult(_ slot: Tensor.Slot) -> Bool {
    entries.contains { $0.outputs.contains(slot.index) }
  }

  /// Runs the tape from its end, giving up each entry and its memory as it goes.
  func unwind(from slot: Tensor.Slot, gradient: Storage, context: Context, keeping: [Tensor.Slot])
    -> [Storage?]
  {
    gradients[slot.index] = gradient
    let flow = Backward(context: context, tape: self)
    while let entry = entries.popLast() {
      var outputs = entry.outputs.map { index in
        let gradient = gradients[index]
        gradients[index] = nil
        return gradient
      }
      if outputs.contains(where: { $0 != nil }) { entry.pullback(flow, &outputs) }
    }
    let kept = keeping.map { gradients[$0.index] }
    clear()
    return kept
  }

  func clear() {
    entries.removeAll(keepingCapacity: true)
    gradients.removeAll(keepingCapacity: true)
    generation += 1
  }
}

/// Where the gradient of a tensor goes; nowhere, for a constant.
struct GradientPlace {
  let slot: Tensor.Slot?
  let shape: Shape
}

/// What a pullback gives its results to.
struct Backward {
  let context: Context
  fileprivate let tape: Tape

  fileprivate init(context: Context, tape: Tape) {
    self.context = context
    self.tape = tape
  }

  /// Where a parameter's gradient is summed; with `rows` those of the matrix alone may be added to, of
  /// which negative ones are none.
  func gradient(of parameter: Parameter, rows: [Int32]? = nil) -> UnsafeMutablePointer<Float> {
    context.gradient(of: parameter, rows: rows)
  }

  /// Calls `body` with the gradient buffer of `x`, unless `x` is a constant.
  ///
  /// The buffer is to be overwritten whole or, when `accumulate` is true, to be added to.
  func accumulate(
    into x: GradientPlace,
    _ body: (_ gradient: UnsafeMutablePointer<Float>, _ accumulate: Bool) -> Void
  ) {
    guard let slot = x.slot else { return }
    if tape.gradients[slot.index] == nil {
      let storage = context.allocate(x.shape)
      body(storage.pointer, false)
      tape.gradients[slot.index] = storage
    } else {
      makeUnique(&tape.gradients[slot.index], count: x.shape.count)
      if let storage = tape.gradients[slot.index] { body(storage.pointer, true) }
    }
  }

  /// Makes `gradient` the gradient of `x`, or adds it to what is there.
  ///
  /// The memory may be shared: whoever changes it in place makes it unique first.
  func pass(_ gradient: Storage, to x: GradientPlace) {
    guard let slot = x.slot else { return }
    if tape.gradients[slot.index] == nil {
      tape.gradients[slot.index] = gradient
    } else {
      makeUnique(&tape.gradients[slot.index], count: x.shape.count)
      if let sum = tape.gradients[slot.index] {
        Kernels.accumulate(gradient.pointer, into: sum.pointer, count: x.shape.count)
      }
    }
  }

  /// Copies a shared buffer, so that it can be changed in place.
  func makeUnique(_ storage: inout Storage?, count: Int) {
    // Asked before `shared` binds the buffer: a second reference would always say "not unique".
    if isKnownUniquelyReferenced(&storage) { return }
    guard let shared = storage else { return }
    let copy = context.allocate(count: count)
    copy.pointer.update(from: shared.pointer, count: count)
    storage = copy
  }
}

extension Context {
  /// A result and, when anything it depends on has a gradient, the step that takes one back.
  ///
  /// `operation` is the name that mistakes are reported under. `changesGradient` says whether the
  /// pullback writes into the gradient it is given, whose buffer it may keep or pass on.
  func record(
    _ operation: String, _ storage: Storage, shape: Shape, sequences: Sequences?, inputs: [Tensor],
    hasParameters: Bool = false, changesGradient: Bool = false,
    pullback: @escaping (Backward, Storage) -> Void
  ) -> Tensor {
    guard isRecording, hasParameters || inputs.contains(where: { $0.slot != nil }) else {
      return Tensor(storage, shape: shape, sequences: sequences, context: self)
    }
    check(inputs, operation)
    let slot = tape.newSlot()
    tape.append(outputs: slot.index..<slot.index + 1) { flow, gradients in
      if changesGradient { flow.makeUnique(&gradients[0], count: shape.count) }
      if let gradient = gradients[0] { pullback(flow, gradient) }
    }
    return Tensor(storage, shape: shape, sequences: sequences, context: self, slot: slot)
  }

  /// Two results of one operation.
  ///
  /// The pullback gets a nil for a result without a gradient; what it changes in place it makes
  /// unique first.
  func record(
    _ operation: String, _ first: Storage, _ second: Storage, shape: Shape,
    sequences: Sequences?, inputs: [Tensor],
    pullback: @escaping (Backward, inout [Storage?]) -> Void
  ) -> (Tensor, Tensor) {
    func tensor(_ storage: Storage, _ slot: Tensor.Slot?) -> Tensor {
      Tensor(storage, shape: shape, sequences: sequences, context: self, slot: slot)
    }
    guard isRecording else { return (tensor(first, nil), tensor(second, nil)) }
    check(inputs, operation)
    let slots = (tape.newSlot(), tape.newSlot())
    tape.append(outputs: slots.0.index..<slots.1.index + 1) { flow, gradients in
      pullback(flow, &gradients)
    }
    return (tensor(first, slots.0), tensor(second, slots.1))
  }

  /// Any number of results of one operation, each of its own shape.
  ///
  /// The pullback gets a nil for a result without a gradient; what it changes in place it makes
  /// unique first.
  func record(
    _ operation: String, results: [(storage: Storage, shape: Shape, sequences: Sequences?)],
    inputs: [Tensor], hasParameters: Bool,
    pullback: @escaping (Backward, inout [Storage?]) -> Void
  ) -> [Tensor] {
    let isRecorded = isRecording && (hasParameters || inputs.contains { $0.slot != nil })
    if isRecorded { check(inputs, operation) }
    let slots = results.map { _ in isRecorded ? tape.newSlot() : nil }
    if let first = slots.first ?? nil {
      tape.append(outputs: first.index..<first.index + results.count, pullback: pullback)
    }
    return zip(results, slots).map { result, slot in
      Tensor(
        result.storage, shape: result.shape, sequences: result.sequences, context: self,
        slot: slot)
    }
  }

  private func check(_ inputs: [Tensor], _ operation: String) {
    for input in inputs {
      guard let slot = input.slot else { continue }
      require(
        input.context === self, "\(operation): the tensors were recorded by different contexts")
      tape.check(slot, operation: operation)
    }
  }
}

extension Tensor {
  /// Takes the gradient of this scalar back to the parameters it depends on.
  ///
  /// The parameters' gradients are added to ``Context/gradients``. The tape is unwound and its
  /// memory returned as it goes; tensors recorded on it can still be read, not computed with.
  ///
  /// - Precondition: One element, computed in training mode from something with a gradient.
  @discardableResult
  public func backward() -> Gradients {
    _ = backward(to: [])
    return context.gradients
  }

  /// As ``backward()``, and gives the gradients of leaves made by
  /// ``Context/variable(_:shape:sequences:)``, one row-major array for each.
  public func backward(to variables: [Tensor]) -> [[Float]] {
    require(shape.count == 1, "backward: \(shape), more or fewer than one element")
    guard let slot else {
      requirementFailure("backward: the tensor depends on nothing that has a gradient")
    }
    context.tape.check(slot, operation: "backward")
    let one = context.allocate(count: 1)
    one.pointer[0] = 1
    let slots = variables.map { variable in
      guard let slot = variable.slot else {
        requirementFailure("backward: a constant has no gradient; make it a variable")
      }
      context.tape.check(slot, operation: "backward")
      require(
        !context.tape.isResult(slot),
        "backward: the gradient of a result is not kept; ask for that of a variable")
      return slot
    }
    let kept = context.tape.unwind(from: slot, gradient: one, context: context, keeping: slots)
    return zip(variables, kept).map { variable, storage in
      guard let storage else { return Array(repeating: 0, count: variable.shape.count) }
      return Array(UnsafeBufferPointer(start: storage.pointer, count: variable.shape.count))
    }
  }
}
