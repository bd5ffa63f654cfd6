internal import SeqKernels

/// An array of `Float`, contiguous and row-major, with its place on the tape.
///
/// A tensor is a value: operations make new ones. It belongs to the context that made it and to the
/// thread of that context.
public struct Tensor {
  /// The extents; a ragged batch is `[tokens, size]`.
  public let shape: Shape
  /// How the rows are divided into sequences, if this is a ragged batch `[tokens, size]`.
  public let sequences: Sequences?
  /// What it was computed in and, in training, recorded by.
  public let context: Context
  let storage: Storage
  /// The place of its gradient; nil when nothing it was made from has one.
  let slot: Slot?

  /// Where its gradient goes: what a step back needs of a tensor whose values it does not need.
  ///
  /// Take it before the pullback: a closure that names the tensor keeps its memory.
  var place: GradientPlace { GradientPlace(slot: slot, shape: shape) }

  /// A place on a tape, good until the tape is unwound.
  struct Slot: Hashable {
    let index: Int
    let generation: Int
  }

  init(
    _ storage: Storage, shape: Shape, sequences: Sequences?, context: Context, slot: Slot? = nil
  ) {
    self.storage = storage
    self.shape = shape
    self.sequences = sequences
    self.context = context
    self.slot = slot
  }

  /// The first element's address; valid while the tensor lives.
  public var pointer: UnsafeMutablePointer<Float> { storage.pointer }

  /// The elements, copied out.
  public var values: [Float] {
    Array(UnsafeBufferPointer(start: storage.pointer, count: shape.count))
  }

  /// The number in a tensor of one element.
  ///
  /// - Precondition: There is exactly one.
  public var scalar: Float {
    require(shape.count == 1, "scalar: \(shape), more or fewer than one element")
    return storage.pointer[0]
  }

  /// The same numbers as a constant: no gradient goes through it.
  public func detached() -> Tensor {
    Tensor(storage, shape: shape, sequences: sequences, context: context)
  }

  var rows: Int { shape.rows }
  var columns: Int { shape.columns }
}
