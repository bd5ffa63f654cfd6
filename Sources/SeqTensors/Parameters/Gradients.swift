internal import SeqKernels

/// The gradients of all parameters of a store, one flat buffer.
///
/// It knows in which blocks anything was added since it was cleared: all others are zeros, and need not
/// be read. So a step that reads few rows of a large embedding sums and clears few.
public final class Gradients {
  private let store: ParameterStore?
  /// The flat buffer, ``count`` floats in the order of the store; padding between parameters is 0.
  package let pointer: UnsafeMutablePointer<Float>
  package let count: Int
  /// By block, whether something may have been added to it since it was cleared.
  package let isTouched: UnsafeMutablePointer<Bool>
  /// Takes what comes while the parameters are frozen.
  private var discarded: UnsafeMutablePointer<Float>?

  init(store: ParameterStore?) {
    self.store = store
    count = store?.flatCount ?? 0
    pointer = Self.allocate(count)
    let blocks = Self.blockCount(count)
    isTouched = .allocate(capacity: max(1, blocks))
    isTouched.initialize(repeating: false, count: max(1, blocks))
  }

  deinit {
    pointer.deallocate()
    isTouched.deallocate()
  }

  /// Floats of a block, of which the last may have fewer.
  package static let blockSize = 1 << 12

  /// The blocks of so many floats.
  package static func blockCount(_ count: Int) -> Int { (count + blockSize - 1) / blockSize }

  private func touch(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    for block in range.lowerBound / Self.blockSize...(range.upperBound - 1) / Self.blockSize {
      isTouched[block] = true
    }
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * max(1, count), alignment: 64)
    let pointer = memory.bindMemory(to: Float.self, capacity: max(1, count))
    pointer.initialize(repeating: 0, count: max(1, count))
    return pointer
  }

  /// Where the gradient of a parameter is summed; with `rows` those of the matrix alone may be added
  /// to, of which negative ones are none.
  package func pointer(to parameter: Parameter, rows: [Int32]? = nil) -> UnsafeMutablePointer<Float>
  {
    require(
      owns(parameter),
      "gradient of '\(parameter.name)': \(parameter.shape), the context was made for another store")
    if let discarded { return discarded + parameter.offset }
    if let rows {
      let columns = parameter.shape.columns
      for row in rows where row >= 0 {
        let start = parameter.offset + Int(row) * columns
        touch(start..<start + columns)
      }
    } else {
      touch(parameter.offset..<parameter.offset + parameter.shape.count)
    }
    return pointer + parameter.offset
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
    for block in 0..<Self.blockCount(count) where isTouched[block] {
      let start = block * Self.blockSize
      Kernels.fill(pointer + start, count: min(Self.blockSize, count - start), value: 0)
      isTouched[block] = false
    }
  }
}
