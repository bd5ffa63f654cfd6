internal import SeqKernels
internal import SeqTensors

/// The workers' gradients while they become one: the first buffer takes the sum.
///
/// Chunks have a fixed size and sums a fixed order, so a norm does not depend on the number of
/// workers.
struct GradientSum: Sendable {
  /// Floats that one worker takes at a time.
  static let chunkSize = 1 << 15

  private let buffers: [GradientBuffer]
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
  }

  /// The sum, once ``norm(pool:)`` has made it.
  var pointer: UnsafeMutablePointer<Float> { buffers[0].pointer }

  /// The chunks that a worker takes.
  func chunks(of worker: Int, among workers: Int) -> some Sequence<Range<Int>> {
    stride(from: worker * Self.chunkSize, to: count, by: workers * Self.chunkSize).lazy.map {
      $0..<min($0 + Self.chunkSize, count)
    }
  }

  /// Sums the buffers into the first.
  ///
  /// - Returns: The norm of the sum.
  func norm<Local>(pool: WorkerPool<Local>) throws -> Double {
    let workers = pool.count
    let squares = try pool.run { worker, _ in
      chunks(of: worker, among: workers).map { chunk in
        let sum = pointer + chunk.lowerBound
        for other in buffers.dropFirst() {
          Kernels.accumulate(other.pointer + chunk.lowerBound, into: sum, count: chunk.count)
        }
        return (chunk: chunk.lowerBound, sum: Kernels.sumOfSquares(sum, count: chunk.count))
      }
    }
    let ordered = squares.joined().sorted { $0.chunk < $1.chunk }
    return ordered.reduce(0) { $0 + $1.sum }.squareRoot()
  }

  /// Sets a run of all buffers to 0.
  func clear(_ range: Range<Int>) {
    for buffer in buffers {
      Kernels.fill(buffer.pointer + range.lowerBound, count: range.count, value: 0)
    }
  }

  /// Sets all buffers to 0.
  func clear() { clear(0..<count) }
}
