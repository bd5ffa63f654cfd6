public import SeqTensors

/// A worker's gradients as other workers may see them.
///
/// - Note: `@unchecked Sendable`: passed between the passes of an ``Optimizer``, in which every worker
///   takes other blocks.
public struct GradientBuffer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int
  /// By block, whether something was added to it.
  let isTouched: UnsafeMutablePointer<Bool>
  private let owner: Gradients

  /// Refers to the gradients, which stay alive as long as this does.
  public init(_ gradients: Gradients) {
    pointer = gradients.pointer
    count = gradients.count
    isTouched = gradients.isTouched
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
  var segments: [(range: Range<Int>, parameter: Parameter)] {
    parameters.map { ($0.offset..<$0.offset + $0.shape.count, $0) }
  }
}
