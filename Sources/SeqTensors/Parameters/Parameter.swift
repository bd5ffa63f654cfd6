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
    }
  }

  /// The weight of a linear map packed for inference, made anew when it or the bias has changed.
  func packedLinear(bias: Parameter?, relu: Bool) -> PackedLinear {
    let biasVersion = bias?.packed.withLock { $0.version } ?? 0
    return packed.withLock { packed in
      let key = PackedKey(bias: bias.map { ObjectIdentifier($0) }, relu: relu)
      if let found = packed.linear[key], found.biasVersion == biasVersion { return found.linear }
      let made = PackedLinear(
        weight: pointer, bias: bias.map { UnsafePointer($0.pointer) }, outputSize: shape[0],
        inputSize: shape[1], relu: relu)
      packed.linear[key] = PackedForm(linear: made, bias: bias, biasVersion: biasVersion)
      return made
    }
  }
}
