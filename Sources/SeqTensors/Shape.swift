internal import SeqKernels

/// The extents of a tensor, outermost first; at most four.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// Elements along each axis.
  public let extents: [Int]

  /// A shape of these extents; none at all is that of a scalar.
  ///
  /// - Precondition: At most four extents, none negative.
  public init(_ extents: [Int]) {
    require(extents.count <= 4, "shape: \(extents), more than four extents")
    require(extents.allSatisfy { $0 >= 0 }, "shape: \(extents), a negative extent")
    self.extents = extents
  }

  /// A shape written as a list: `let shape: Shape = [rows, columns]`.
  public init(arrayLiteral extents: Int...) { self.init(extents) }

  /// The shape of a single number.
  public static let scalar = Shape([])

  /// How many axes there are, 0–4.
  public var rank: Int { extents.count }
  /// How many elements there are.
  public var count: Int { extents.reduce(1, *) }
  /// The last extent; 1 for a scalar.
  public var columns: Int { extents.last ?? 1 }
  /// The product of all extents but the last.
  public var rows: Int { extents.dropLast().reduce(1, *) }

  /// The extent of an axis, counted from 0.
  public subscript(axis: Int) -> Int { extents[axis] }

  /// The extents as error messages show them: `[32, 512]`.
  public var description: String {
    "[" + extents.map(String.init).joined(separator: ", ") + "]"
  }
}
