internal import SeqKernels
internal import SeqTensors

/// The workers' gradients while they become one: the first buffer takes the sum.
///
/// Memory is taken in the blocks of ``Gradients``, those that no worker touched left out: the rows of an
/// embedding whose words do not come. Blocks have a fixed size and sums a fixed order, so a norm does not
/// depend on the number of workers.
struct GradientSum: Sendable {
  /// A run of a parameter's values that lies within one block.
  struct Part {
    let value: UnsafeMutablePointer<Float>
    /// The sum; zeros where nobody touched the block.
    let gradient: UnsafePointer<Float>
    /// The place in the flat order of the store.
    let offset: Int
    let count: Int
  }

  private let buffers: [GradientBuffer]
  private let segments: [(range: Range<Int>, parameter: Parameter)]
  private let zeros = FlatBuffer(count: Gradients.blockSize)
  /// Floats in all.
  let count: Int

  /// - Precondition: At least one buffer, all of gradients of the store.
  init(_ buffers: [GradientBuffer], of store: ParameterStore) {
    count = store.flatCount
    require(!buffers.isEmpty, "optimizer: \(count) values, no gradients to sum")
    for buffer in buffers {
      require(
        buffer.count == count,
        "optimizer: \(count) values and \(buffer.count) gradients, sizes differ")
    }
    self.buffers = buffers
    segments = store.segments
  }

  /// The sum, once ``norm(pool:)`` has made it.
  var pointer: UnsafeMutablePointer<Float> { buffers[0].pointer }

  /// The blocks that a worker takes.
  private func blocks(of worker: Int, among workers: Int) -> some Sequence<Int> {
    stride(from: worker, to: Gradients.blockCount(count), by: workers)
  }

  private func range(of block: Int) -> Range<Int> {
    block * Gradients.blockSize..<min((block + 1) * Gradients.blockSize, count)
  }

  /// Sums the buffers into the first.
  ///
  /// - Returns: The norm of the sum.
  func norm<Local>(pool: WorkerPool<Local>) throws -> Double {
    let workers = pool.count
    let squares = try pool.run { worker, _ in
      blocks(of: worker, among: workers).compactMap { block -> (block: Int, sum: Double)? in
        guard buffers.contains(where: { $0.isTouched[block] }) else { return nil }
        let range = range(of: block)
        let sum = pointer + range.lowerBound
        for other in buffers.dropFirst() where other.isTouched[block] {
          Kernels.accumulate(other.pointer + range.lowerBound, into: sum, count: range.count)
        }
        buffers[0].isTouched[block] = true
        return (block, Kernels.sumOfSquares(sum, count: range.count))
      }
    }
    let ordered = squares.joined().sorted { $0.block < $1.block }
    return ordered.reduce(0) { $0 + $1.sum }.squareRoot()
  }

  /// Calls `body` with all values and their gradients, in parts that workers share, and clears the
  /// gradients.
  func forEachPart<Local>(pool: WorkerPool<Local>, _ body: @Sendable (Part) -> Void) throws {
    let workers = pool.count
    try pool.run { worker, _ in
      var index = 0
      for block in blocks(of: worker, among: workers) {
        let range = range(of: block)
        let gradient =
          buffers[0].isTouched[block] ? pointer + range.lowerBound : zeros.pointer
        while index < segments.count && segments[index].range.upperBound <= range.lowerBound {
          index += 1
        }
        var next = index
        while next < segments.count && segments[next].range.lowerBound < range.upperBound {
          let segment = segments[next]
          let part = segment.range.clamped(to: range)
          body(
            Part(
              value: segment.parameter.pointer + (part.lowerBound - segment.range.lowerBound),
              gradient: gradient + (part.lowerBound - range.lowerBound), offset: part.lowerBound,
              count: part.count))
          next += 1
        }
        clear(block)
      }
    }
  }

  /// Sets a block of all buffers to 0.
  private func clear(_ block: Int) {
    let range = range(of: block)
    for buffer in buffers where buffer.isTouched[block] {
      Kernels.fill(buffer.pointer + range.lowerBound, count: range.count, value: 0)
      buffer.isTouched[block] = false
    }
  }

  /// Sets all buffers to 0.
  func clear() {
    for block in 0..<Gradients.blockCount(count) { clear(block) }
  }
}
