internal import SeqKernels

/// The gradients of all parameters of a store, one flat buffer.
public final class Gradients {
  private let store: ParameterStore?
  /// The flat buffer, ``count`` floats in the order of the store; padding between parameters is 0.
  package private(set) var pointer: UnsafeMutablePointer<Float>
  package private(set) var count: Int
  /// Takes what comes while the parameters are frozen.
  private var discarded: UnsafeMutablePointer<Float>?

  init(store: ParameterStore?) {
    self.store = store
    count = store?.flatCount ?? 0
    pointer = Self.allocate(count)
  }

  deinit { pointer.deallocate() }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * max(1, count), alignment: 64)
    let pointer = memory.bindMemory(to: Float.self, capacity: max(1, count))
    pointer.initialize(repeating: 0, count: max(1, count))
    return pointer
  }

  /// Where the gradient of a parameter is summed.
  package func pointer(to parameter: Parameter) -> UnsafeMutablePointer<Float> {
    require(
      owns(parameter),
      "gradient of '\(parameter.name)': \(parameter.shape), the context was made for another store")
    return (discarded ?? pointer) + parameter.offset
  }

  /// Whether the parameter is one of the store's.
  func owns(_ parameter: Parameter) -> Bool {
    guard let store, parameter.index < store.parameters.count else { return false }
    return store.parameters[parameter.index] === parameter
      && parameter.offset + parameter.shape.count <= count
  }

  /// Runs something with the parameters held fixed: gradients that reach them are thrown away, those
  /// that pass through to others are not.
  public func frozen<Result>(_ body: () throws -> Result) rethrows -> Result {
    let waste = Self.allocate(count)
    discarded = waste
    defer {
      discarded = nil
      waste.deallocate()
    }
    return try body()
  }

  /// The gradient of a parameter, copied out.
  public subscript(parameter: Parameter) -> [Float] {
    require(owns(parameter), "gradient of '\(parameter.name)': of another store")
    return Array(
      UnsafeBufferPointer(start: pointer + parameter.offset, count: parameter.shape.count))
  }

  /// Sets every gradient to 0.
  public func clear() {
    Kernels.fill(pointer, count: count, value: 0)
  }
}
