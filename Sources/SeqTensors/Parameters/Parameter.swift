internal import Synchronization
internal import SeqKernels

/// A trained array: its name, its shape, and the one copy of its values.
///
/// Parameters are made through a ``ParameterScope`` and shared by passing the object on.
///
/// - Note: `@unchecked Sendable`: the values are written by the thread that builds, loads or
///   optimises the model while no other computes with it; the packed forms have a lock.
public final class Parameter: @unchecked Sendable {
  /// The full name, scopes joined by dots: what checkpoints know it by.
  public let name: String
  /// The extents; a weight is `[outputs, inputs]`.
  public let shape: Shape
  /// The first value's address; 64-byte aligned.
  public let pointer: UnsafeMutablePointer<Float>
  /// The position in the store's flat order of values, in floats.
  package let offset: Int
  /// Its index in the store.
  package let index: Int
  private let packed = Mutex<Packed>(Packed())

  private struct Packed {
    /// Counts the changes of the values.
    var version = 0
    var linear: [PackedKey: PackedForm] = [:]
    /// The matrix as it is and its transpose.
    var panels: [Bool: PanelMatrix] = [:]
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
  }

  init(name: String, shape: Shape, offset: Int, index: Int) {
    self.name = name
    self.shape = shape
    self.offset = offset
    self.index = index
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * max(1, shape.count), alignment: 64)
    pointer = memory.bindMemory(to: Float.self, capacity: max(1, shape.count))
    pointer.initialize(repeating: 0, count: max(1, shape.count))
  }

  deinit { pointer.deallocate() }

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

  /// To be called after the values were written through ``pointer``: packed forms are made anew.
  public func valuesDidChange() {
    packed.withLock { packed in
      packed.version += 1
      packed.linear = [:]
      packed.panels = [:]
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

  /// This matrix, or its transpose, cut into panels; made anew when the values have changed.
  func panels(transposed: Bool) -> PanelMatrix {
    packed.withLock { packed in
      if let found = packed.panels[transposed] { return found }
      let made = PanelMatrix(
        pointer, inner: shape[transposed ? 1 : 0], columns: shape[transposed ? 0 : 1],
        isTransposed: transposed)
      packed.panels[transposed] = made
      return made
    }
  }

  /// The weight of a linear map, or some of its columns, packed for inference; made anew when it or
  /// the bias has changed.
  func packedLinear(bias: Parameter?, relu: Bool, columns: Range<Int>? = nil) -> PackedLinear {
    let columns = columns ?? 0..<shape[1]
    let biasVersion = bias?.packed.withLock { $0.version } ?? 0
    return packed.withLock { packed in
      let key = PackedKey(
        bias: bias.map { ObjectIdentifier($0) }, relu: relu, columns: columns)
      if let found = packed.linear[key], found.biasVersion == biasVersion { return found.linear }
      let made = copied(columns) { weight in
        PackedLinear(
          weight: weight, bias: bias.map { UnsafePointer($0.pointer) }, outputSize: shape[0],
          inputSize: columns.count, relu: relu)
      }
      packed.linear[key] = PackedForm(linear: made, bias: bias, biasVersion: biasVersion)
      return made
    }
  }
}
