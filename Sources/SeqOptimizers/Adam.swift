internal import Foundation
public import SeqKernels
public import SeqTensors

/// Adam and AdamW over a whole store, in two passes over memory that workers share.
///
///     try optimizer.update(summing: buffers, scale: 1 / tokens, rate: rate, pool: pool)
///
/// The first pass sums the workers' gradients and takes the norm, the second clips, updates and
/// clears. Chunks have a fixed size and sums a fixed order, so a norm does not depend on the number
/// of workers.
///
/// - SeeAlso: Kingma & Ba 2015, arXiv:1412.6980; Loshchilov & Hutter 2019, arXiv:1711.05101.
public final class Adam {
  /// The rule and its constants.
  public let configuration: OptimizerConfiguration
  /// What is updated.
  public let store: ParameterStore
  /// Updates made so far.
  public private(set) var stepCount: Int
  /// Means of gradients and of their squares, in the flat order of the store.
  private let moments: FlatBuffer

  /// Floats that one worker takes at a time.
  static let chunkSize = 1 << 15

  /// An optimizer that has made no update; its moments take twice the memory of the parameters.
  public init(_ configuration: OptimizerConfiguration, store: ParameterStore) {
    self.configuration = configuration
    self.store = store
    stepCount = 0
    moments = FlatBuffer(count: 2 * store.flatCount)
  }

  /// The state that a checkpoint keeps: for every parameter its two moments.
  public func moments(of parameter: Parameter) -> (first: [Float], second: [Float]) {
    let count = parameter.shape.count
    let first = moments.pointer + parameter.offset
    return (
      Array(UnsafeBufferPointer(start: first, count: count)),
      Array(UnsafeBufferPointer(start: first + store.flatCount, count: count))
    )
  }

  /// Puts back what ``moments(of:)`` gave.
  ///
  /// - Precondition: As many of each as the parameter has values.
  public func restore(_ parameter: Parameter, first: [Float], second: [Float]) {
    let count = parameter.shape.count
    require(
      first.count == count && second.count == count,
      "adam: '\(parameter.name)' \(parameter.shape), \(first.count) and \(second.count) moments")
    (moments.pointer + parameter.offset).update(from: first, count: count)
    (moments.pointer + store.flatCount + parameter.offset).update(from: second, count: count)
  }

  /// Puts back the number of updates made.
  public func restore(stepCount: Int) { self.stepCount = stepCount }

  /// Sums gradients, clips, updates the parameters and clears the gradients.
  ///
  /// When the norm is not finite nothing is updated and no step is counted, but the gradients are
  /// cleared all the same: the caller may stop, or leave out the batch and go on.
  ///
  /// - Parameters:
  ///   - gradients: One buffer a worker, made with ``GradientBuffer/init(_:)``.
  ///   - scale: Multiplies the sum before anything else: 1 / target tokens.
  ///   - rate: The learning rate.
  ///   - pool: Whose workers share the passes; any will do.
  /// - Returns: The norm of the scaled gradient before clipping.
  /// - Throws: Nothing of its own; the pool's closures do not throw.
  /// - Precondition: At least one buffer, all of gradients of ``store``.
  public func update<Local>(
    summing gradients: [GradientBuffer], scale: Double, rate: Double, pool: WorkerPool<Local>
  ) throws -> Double {
    let workers = pool.count
    let count = store.flatCount
    require(!gradients.isEmpty, "adam: \(count) values, no gradients to sum")
    for buffer in gradients {
      require(
        buffer.count == count, "adam: \(count) values and \(buffer.count) gradients, sizes differ")
    }
    let chunks = (count + Self.chunkSize - 1) / Self.chunkSize
    let squares = try pool.run { worker, _ in
      var found: [(chunk: Int, sum: Double)] = []
      for chunk in stride(from: worker, to: chunks, by: workers) {
        let start = chunk * Self.chunkSize
        let size = min(Self.chunkSize, count - start)
        let sum = gradients[0].pointer + start
        for other in gradients.dropFirst() {
          Kernels.accumulate(other.pointer + start, into: sum, count: size)
        }
        found.append((chunk, Kernels.sumOfSquares(sum, count: size)))
      }
      return found
    }
    var byChunk = [Double](repeating: 0, count: chunks)
    for (chunk, sum) in squares.joined() { byChunk[chunk] = sum }
    let norm = scale * byChunk.reduce(0, +).squareRoot()
    guard norm.isFinite else {
      for buffer in gradients { Kernels.fill(buffer.pointer, count: count, value: 0) }
      return norm
    }

    stepCount += 1
    let step = constants(scale: scale, norm: norm, rate: rate)
    let segments = store.segments
    let moments = moments
    try pool.run { worker, _ in
      for chunk in stride(from: worker, to: chunks, by: workers) {
        let range = chunk * Self.chunkSize..<min((chunk + 1) * Self.chunkSize, count)
        for segment in segments where segment.range.overlaps(range) {
          let part = segment.range.clamped(to: range)
          Kernels.adam(
            value: segment.parameter.pointer + (part.lowerBound - segment.range.lowerBound),
            gradient: gradients[0].pointer + part.lowerBound,
            firstMoment: moments.pointer + part.lowerBound,
            secondMoment: moments.pointer + count + part.lowerBound, count: part.count, step)
        }
        for buffer in gradients {
          Kernels.fill(buffer.pointer + range.lowerBound, count: range.count, value: 0)
        }
      }
    }
    store.valuesDidChange()
    return norm
  }

  private func constants(scale: Double, norm: Double, rate: Double) -> AdamStep {
    // PyTorch's clip_grad_norm_ adds 1e-6 to the norm.
    let clip = configuration.clipNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
    let correction1 = 1 - pow(configuration.beta1, Double(stepCount))
    let correction2 = 1 - pow(configuration.beta2, Double(stepCount))
    let isDecoupled = configuration.type == .adamw
    return AdamStep(
      gradientScale: Float(scale * clip), beta1: Float(configuration.beta1),
      beta2: Float(configuration.beta2), epsilon: Float(configuration.epsilon),
      stepSize: Float(rate / correction1), secondMomentScale: Float(1 / correction2),
      decay: isDecoupled ? Float(rate * configuration.weightDecay) : 0,
      gradientDecay: isDecoupled ? 0 : Float(configuration.weightDecay))
  }
}

/// A worker's gradients as other workers may see them.
///
/// - Note: `@unchecked Sendable`: passed between the passes of ``Adam/update(summing:scale:rate:pool:)``,
///   in which every worker takes other chunks.
public struct GradientBuffer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int
  private let owner: Gradients

  /// Refers to the gradients, which stay alive as long as this does.
  public init(_ gradients: Gradients) {
    pointer = gradients.pointer
    count = gradients.count
    owner = gradients
  }
}

/// Floats on the heap, zero at first.
///
/// - Note: `@unchecked Sendable`: workers write different chunks.
final class FlatBuffer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>

  init(count: Int) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * max(1, count), alignment: 64)
    pointer = memory.bindMemory(to: Float.self, capacity: max(1, count))
    pointer.initialize(repeating: 0, count: max(1, count))
  }

  deinit { pointer.deallocate() }
}

extension ParameterStore {
  /// Where each parameter lies in the flat order.
  fileprivate var segments: [(range: Range<Int>, parameter: Parameter)] {
    parameters.map { ($0.offset..<$0.offset + $0.shape.count, $0) }
  }
}
