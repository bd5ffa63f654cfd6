internal import SeqKernels

/// An array of truth values, contiguous and row-major.
///
/// In a mask `true` means masked out, PyTorch's key-padding convention. Masks come as padding
/// `[batch, length]`, `[queries, keys]` for every sequence alike, or `[batch, queries, keys]`.
public struct BooleanTensor: Sendable, Hashable {
  /// The extents, outermost first.
  public let shape: Shape
  let bytes: [UInt8]

  /// An array of these values, row after row.
  ///
  /// - Precondition: As many values as the shape counts.
  public init(_ values: [Bool], shape: Shape) {
    require(
      values.count == shape.count, "boolean tensor: \(shape), \(values.count) values")
    self.init(bytes: values.map { $0 ? 1 : 0 }, shape: shape)
  }

  init(bytes: [UInt8], shape: Shape) {
    self.shape = shape
    self.bytes = bytes
  }

  /// A matrix whose elements are asked for one by one, row after row.
  public init(rows: Int, columns: Int, _ element: (_ row: Int, _ column: Int) -> Bool) {
    self.init(
      bytes: (0..<rows * columns).map { element($0 / columns, $0 % columns) ? 1 : 0 },
      shape: [rows, columns])
  }

  /// Matrices of one shape as `[count, rows, columns]`.
  ///
  /// - Precondition: At least one matrix, and all of one shape.
  public init(stacking matrices: [BooleanTensor]) {
    guard let first = matrices.first, first.shape.rank == 2 else {
      requirementFailure("boolean tensor: nothing to stack, or no matrices")
    }
    for matrix in matrices {
      require(
        matrix.shape == first.shape,
        "boolean tensor: \(matrix.shape) cannot be stacked on \(first.shape)")
    }
    self.init(
      bytes: matrices.flatMap(\.bytes),
      shape: Shape([matrices.count] + first.shape.extents))
  }

  /// The elements, row after row.
  public var values: [Bool] { bytes.map { $0 != 0 } }

  /// The element at the place that one index for each axis names, counted from 0.
  ///
  /// - Precondition: The place lies within the shape.
  public subscript(indices: Int...) -> Bool {
    require(
      indices.count == shape.rank && zip(indices, shape.extents).allSatisfy { 0..<$1 ~= $0 },
      "boolean tensor: \(shape), no element at \(indices)")
    return bytes[zip(indices, shape.extents).reduce(0) { $0 * $1.1 + $1.0 }] != 0
  }

  /// The matrices of `[count, rows, columns]`.
  ///
  /// - Precondition: Three axes.
  public var matrices: [BooleanTensor] {
    require(shape.rank == 3, "boolean tensor: \(shape), not [count, rows, columns]")
    let size = shape[1] * shape[2]
    return (0..<shape[0]).map {
      BooleanTensor(bytes: Array(bytes[$0 * size..<($0 + 1) * size]), shape: [shape[1], shape[2]])
    }
  }

  // MARK: Masks

  /// The mask `[count, count]` under which nobody sees the future: true above the diagonal.
  public static func causal(_ count: Int) -> BooleanTensor {
    BooleanTensor(rows: count, columns: count) { $1 > $0 }
  }

  /// The mask `[batch, length]` of sequences filled up at their ends: true where there is padding.
  ///
  /// The length is by default that of the longest.
  ///
  /// - Precondition: No sequence is longer than the length.
  public static func padding(lengths: [Int], to length: Int? = nil) -> BooleanTensor {
    let length = length ?? lengths.max() ?? 0
    require(
      lengths.allSatisfy { 0...length ~= $0 },
      "padding: lengths \(lengths), not all within 0 ... \(length)")
    return BooleanTensor(rows: lengths.count, columns: length) { $1 >= lengths[$0] }
  }

  /// The lengths of the sequences that a padding mask `[batch, length]` leaves.
  ///
  /// - Precondition: Two axes.
  /// - Throws: ``MaskError/paddingBeforeToken(sequence:position:)`` when padding stands anywhere
  ///   but at the end.
  public func lengths() throws(MaskError) -> [Int] {
    require(shape.rank == 2, "padding mask: \(shape), not [batch, length]")
    let columns = shape[1]
    var lengths: [Int] = []
    for row in 0..<shape[0] {
      let masked = bytes[row * columns..<(row + 1) * columns]
      let length = masked.firstIndex { $0 != 0 }.map { $0 - row * columns } ?? columns
      if let token = masked.dropFirst(length).firstIndex(of: 0) {
        throw .paddingBeforeToken(sequence: row, position: token - row * columns)
      }
      lengths.append(length)
    }
    return lengths
  }

  // MARK: The additive form

  /// The mask that numbers added to scores amount to: 0 leaves a pair, −∞ masks it out.
  ///
  /// - Precondition: As many values as the shape counts.
  /// - Throws: ``MaskError/notAdditive(value:place:shape:)`` for anything else, naming the first.
  public init(additive values: [Float], shape: Shape) throws(MaskError) {
    require(values.count == shape.count, "additive mask: \(shape), \(values.count) values")
    if let index = values.firstIndex(where: { $0 != 0 && $0 != -.infinity }) {
      var rest = index
      var place: [Int] = []
      for extent in shape.extents.reversed() {
        place.insert(rest % extent, at: 0)
        rest /= extent
      }
      throw .notAdditive(value: values[index], place: place, shape: shape)
    }
    self.init(bytes: values.map { $0 == 0 ? 0 : 1 }, shape: shape)
  }

  /// The mask that a tensor added to scores amounts to.
  ///
  /// - Throws: ``MaskError/notAdditive(value:place:shape:)`` for anything but 0 and −∞.
  public init(additive tensor: Tensor) throws(MaskError) {
    try self.init(additive: tensor.values, shape: tensor.shape)
  }

  /// The mask as numbers to add to scores: 0 where a pair is left, −∞ where it is masked out.
  public var additive: [Float] { bytes.map { $0 == 0 ? 0 : -.infinity } }

  /// The additive form as a constant of a context.
  public func additive(in context: Context) -> Tensor { context.tensor(additive, shape: shape) }
}

/// Why numbers or truth values from outside are no mask.
public enum MaskError: Error, Hashable, Sendable, CustomStringConvertible {
  /// An additive mask holds something beside 0 and −∞.
  case notAdditive(value: Float, place: [Int], shape: Shape)
  /// A padding mask has a token after padding.
  case paddingBeforeToken(sequence: Int, position: Int)

  /// What was found and what is expected, in one line.
  public var description: String {
    switch self {
    case .notAdditive(let value, let place, let shape):
      "additive mask \(shape): \(value) at \(place); every element must be 0 (may attend) or -inf (masked out), no large negative number in its place"
    case .paddingBeforeToken(let sequence, let position):
      "padding mask: sequence \(sequence) has a token at position \(position), after padding; padding must stand at the end"
    }
  }
}
