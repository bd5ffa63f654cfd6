public import SeqKernels
internal import Synchronization

/// A trained array: its name, its shape, and the one copy of its values.
///
/// Parameters are made through a ``ParameterScope`` and shared by passing the object on. The values
/// come into being when they are first asked for: drawn, or taken from a file.
///
/// - Note: `@unchecked Sendable`: the values are written by the thread that builds, loads or
///   optimises the model while no other computes with it; everything else has a lock.
public final class Parameter: @unchecked Sendable {
  /// The full name, scopes joined by dots: what checkpoints know it by.
  public let name: String
  /// The extents; a weight is `[outputs, inputs]`.
  public let shape: Shape
  /// Whether it stays float32 when the matrices of a model are rounded.
  public let keepsPrecision: Bool
  /// The position in the store's flat order of values, in floats.
  package let offset: Int
  /// Its index in the store.
  package let index: Int
  private let floats: Atomic<UnsafeMutablePointer<Float>?>
  private let state: Mutex<State>

  private struct State {
    /// Where the values come from while there are no floats, or where the floats are.
    var origin: Origin
    /// Counts the changes of the values.
    var version = 0
    /// Whether a file's memory still holds what the file does.
    var isUnchanged = true
    var linear: [PackedKey: PackedForm] = [:]
    /// The matrix as it is and its transpose.
    var panels: [Bool: PanelMatrix] = [:]
  }

  private enum Origin {
    /// Zeros, then what this writes.
    case initial(@Sendable (UnsafeMutablePointer<Float>) -> Void)
    /// A file's memory.
    case stored(StoredValues)
    /// The floats, which are this object's.
    case owned
  }

  private struct PackedForm {
    let linear: PackedLinear
    /// The bias packed with it, kept alive so that its identity stays its own, and its version.
    let bias: Parameter?
    let biasVersion: Int
  }

  private struct PackedKey: Hashable {
    let bias: ObjectIdentifier?
    let relu: Bool
    let columns: Range<Int>
    let precision: Precision
  }

  init(
    name: String, shape: Shape, offset: Int, index: Int, keepsPrecision: Bool,
    initial: @escaping @Sendable (UnsafeMutablePointer<Float>) -> Void
  ) {
    self.name = name
    self.shape = shape
    self.offset = offset
    self.index = index
    self.keepsPrecision = keepsPrecision
    floats = Atomic(nil)
    state = Mutex(State(origin: .initial(initial)))
  }

  deinit {
    let memory = floats.load(ordering: .acquiring)
    state.withLock { if case .owned = $0.origin { memory?.deallocate() } }
  }

  // MARK: Values

  /// The first value's address; 64-byte aligned unless it lies in a file's memory.
  ///
  /// Of values that are stored in fewer bits, floats are made, which take memory of their own.
  public var pointer: UnsafeMutablePointer<Float> {
    if let made = floats.load(ordering: .acquiring) { return made }
    state.withLock { materialize(&$0) }
    guard let made = floats.load(ordering: .acquiring) else {
      requirementFailure("parameter '\(name)': \(shape), no values")
    }
    return made
  }

  /// Makes floats of whatever there is, unless they exist.
  private func materialize(_ state: inout State) {
    guard floats.load(ordering: .relaxed) == nil else { return }
    if case .stored(let values) = state.origin, case .float32(let pointer) = values.numbers {
      floats.store(pointer, ordering: .releasing)
      return
    }
    let memory = Self.allocate(shape)
    switch state.origin {
    case .initial(let fill):
      memory.initialize(repeating: 0, count: max(1, shape.count))
      fill(memory)
    case .stored(let values):
      for row in 0..<shape.rows {
        values.copyRow(row, columns: shape.columns, into: memory + row * shape.columns)
      }
      values.owner.release(rows: 0..<shape.rows)
    case .owned: break
    }
    state.origin = .owned
    floats.store(memory, ordering: .releasing)
  }

  private static func allocate(_ shape: Shape) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer.allocate(byteCount: 4 * max(1, shape.count), alignment: 64)
      .bindMemory(to: Float.self, capacity: max(1, shape.count))
  }

  /// Takes the values from a file's memory, which stays where it is.
  ///
  /// - Precondition: As many as ``shape`` counts, with a scale for each row where they are int8.
  public func adopt(_ values: StoredValues) {
    state.withLock { state in
      if case .owned = state.origin { floats.load(ordering: .relaxed)?.deallocate() }
      floats.store(nil, ordering: .releasing)
      state.origin = .stored(values)
      state.isUnchanged = true
      Self.forget(&state)
    }
  }

  /// How the values are kept: float32 unless they were adopted as less.
  public var storedPrecision: Precision {
    state.withLock {
      if case .stored(let values) = $0.origin { values.precision } else { .float32 }
    }
  }

  /// Whether the values lie in a file's memory, as the file has them.
  var isStored: Bool {
    state.withLock { if case .stored = $0.origin { $0.isUnchanged } else { false } }
  }

  /// The values, copied out.
  public var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: shape.count)) }

  /// Replaces the values.
  ///
  /// - Precondition: As many as ``shape`` counts.
  public func assign(_ values: [Float]) {
    require(
      values.count == shape.count, "parameter '\(name)': \(shape), \(values.count) values")
    pointer.update(from: values, count: values.count)
    valuesDidChange()
  }

  /// Copies the values out of a file's memory, as float32.
  public func detach() {
    state.withLock { state in
      materialize(&state)
      guard case .stored = state.origin, let stored = floats.load(ordering: .relaxed) else {
        return
      }
      let memory = Self.allocate(shape)
      memory.update(from: stored, count: shape.count)
      floats.store(memory, ordering: .releasing)
      state.origin = .owned
    }
  }

  /// To be called after the values were written through ``pointer``: packed forms are made anew.
  public func valuesDidChange() {
    state.withLock { state in
      state.isUnchanged = false
      Self.forget(&state)
    }
  }

  private static func forget(_ state: inout State) {
    state.version += 1
    state.linear = [:]
    state.panels = [:]
  }

  /// Writes rows of the matrix one after the other, rounded to a precision as a product's weight is.
  func copyRows(_ rows: [Int32], rounding precision: Precision, into y: UnsafeMutablePointer<Float>)
  {
    let columns = shape.columns
    let stored: StoredValues? = state.withLock {
      if case .stored(let values) = $0.origin, $0.isUnchanged { return values }
      return nil
    }
    for (index, row) in rows.enumerated() {
      if row >= 0, let stored {
        stored.copyRow(Int(row), columns: columns, into: y + index * columns)
      } else if row >= 0 {
        (y + index * columns).update(from: pointer + Int(row) * columns, count: columns)
      }
    }
    if stored?.precision ?? .float32 != precision {
      Kernels.round(y, rows: rows.count, columns: columns, to: precision)
    }
  }

  // MARK: Packed forms

  /// This matrix, or its transpose, cut into panels; made anew when the values have changed.
  func panels(transposed: Bool) -> PanelMatrix {
    state.withLock { state in
      if let found = state.panels[transposed] { return found }
      materialize(&state)
      let made = PanelMatrix(
        pointer, inner: shape[transposed ? 1 : 0], columns: shape[transposed ? 0 : 1],
        isTransposed: transposed)
      state.panels[transposed] = made
      return made
    }
  }

  /// The weight of a linear map, or some of its columns, packed for inference; made anew, by a team
  /// together, when it or the bias has changed.
  func packedLinear(
    bias: Parameter?, relu: Bool, columns: Range<Int>? = nil, precision: Precision = .float32,
    team: Team? = nil
  ) -> PackedLinear {
    let columns = columns ?? 0..<shape[1]
    let biasVersion = bias?.state.withLock { $0.version } ?? 0
    return state.withLock { state in
      let key = PackedKey(
        bias: bias.map { ObjectIdentifier($0) }, relu: relu, columns: columns, precision: precision)
      if let found = state.linear[key], found.biasVersion == biasVersion { return found.linear }
      let made = pack(
        &state, bias: bias, relu: relu, columns: columns, precision: precision, team: team)
      state.linear[key] = PackedForm(linear: made, bias: bias, biasVersion: biasVersion)
      return made
    }
  }

  private func pack(
    _ state: inout State, bias: Parameter?, relu: Bool, columns: Range<Int>, precision: Precision,
    team: Team?
  ) -> PackedLinear {
    let bias = bias.map { UnsafePointer($0.pointer) }
    let (outputSize, isWhole) = (shape[0], columns.count == shape[1])
    var owner: (any StoredMemory)?
    if case .stored(let values) = state.origin, state.isUnchanged { owner = values.owner }
    // What is not packed stretch by stretch goes whole, and so do pages between two stretches.
    defer { owner?.release(rows: 0..<outputSize) }
    let wereRead: RowsWereRead = { [owner] rows in owner?.release(rows: rows) }
    // Numbers that are stored in the precision asked for are packed as they are.
    if case .stored(let values) = state.origin, isWhole, values.precision == precision {
      switch values.numbers {
      case .float32: break
      case .bfloat16(let weight):
        return PackedLinear(
          bfloat16: weight, bias: bias, outputSize: outputSize, inputSize: columns.count,
          relu: relu, team: team, wereRead: wereRead)
      case .int8(let weight, let scales):
        return PackedLinear(
          int8: weight, scales: scales, bias: bias, outputSize: outputSize,
          inputSize: columns.count, relu: relu, team: team, wereRead: wereRead)
      }
    }
    materialize(&state)
    return copied(columns) { weight in
      PackedLinear(
        weight: weight, bias: bias, outputSize: outputSize, inputSize: columns.count, relu: relu,
        precision: precision, team: team, wereRead: isWhole ? wereRead : { _ in })
    }
  }

  /// Calls `body` with the columns named as a matrix of their own.
  private func copied<Result>(
    _ columns: Range<Int>, _ body: (UnsafePointer<Float>) -> Result
  ) -> Result {
    let width = shape[1]
    if columns.count == width { return body(pointer) }
    let part = (0..<shape[0]).flatMap { row in
      columns.map { pointer[row * width + $0] }
    }
    return part.withUnsafeBufferPointer { part in part.baseAddress.map(body) ?? body(pointer) }
  }
}
