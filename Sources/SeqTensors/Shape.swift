/// The extents of a tensor, outermost first; at most four.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  public let extents: [Int]

  /// - Precondition: At most four extents, none negative.
  public init(_ extents: [Int]) {
    precondition(extents.count <= 4, "shape: \(extents) has more than four extents")
    precondition(extents.allSatisfy { $0 >= 0 }, "shape: \(extents) has a negative extent")
    self.extents = extents
  }

  public init(arrayLiteral extents: Int...) { self.init(extents) }

  /// The shape of a single number.
  public static let scalar = Shape([])

  public var rank: Int { extents.count }
  /// How many elements there are.
  public var count: Int { extents.reduce(1, *) }
  /// The last extent; 1 for a scalar.
  public var columns: Int { extents.last ?? 1 }
  /// The product of all extents but the last.
  public var rows: Int { extents.dropLast().reduce(1, *) }

  public subscript(axis: Int) -> Int { extents[axis] }

  public var description: String {
    "[" + extents.map(String.init).joined(separator: ", ") + "]"
  }
}
