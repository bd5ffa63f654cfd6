internal import SeqKernels

/// Where the sequences of a ragged batch lie: rows of `[tokens, size]`, laid end to end.
///
/// There is no padding; position-wise work sees one long list of rows, attention and recurrence
/// take the lengths from here.
public final class Sequences: Sendable {
  /// Tokens in each sequence.
  public let lengths: [Int]
  /// The first row of each sequence, and the number of rows at the end.
  public let offsets: [Int]
  /// For every row its position in its sequence, from 0.
  public let positions: [Int32]
  /// For every row the number that its random draws are keyed by.
  public let rowIDs: [UInt32]
  /// The sequences, of the same rows, that these are parts of; nil where they are parts of none.
  public let whole: Sequences?

  /// Lays sequences end to end; a length may be 0.
  ///
  /// - Parameters:
  ///   - lengths: Tokens in each sequence.
  ///   - firstRowIDs: For each sequence the id of its first row, so that a sequence draws the same
  ///     numbers wherever it is computed; by default the row itself.
  public init(lengths: [Int], firstRowIDs: [UInt32]? = nil) {
    require(
      firstRowIDs.map { $0.count == lengths.count } ?? true,
      "sequences: \(lengths.count) lengths and \(firstRowIDs?.count ?? 0) first row ids")
    self.lengths = lengths
    offsets = Self.offsets(of: lengths)
    whole = nil
    let total = offsets[lengths.count]
    var positions: [Int32] = []
    var rowIDs: [UInt32] = []
    positions.reserveCapacity(total)
    rowIDs.reserveCapacity(total)
    for (index, length) in lengths.enumerated() {
      let first = firstRowIDs?[index] ?? UInt32(truncatingIfNeeded: offsets[index])
      for position in 0..<length {
        positions.append(Int32(truncatingIfNeeded: position))
        rowIDs.append(first &+ UInt32(truncatingIfNeeded: position))
      }
    }
    self.positions = positions
    self.rowIDs = rowIDs
  }

  /// Divides sequences into parts that are sequences of their own: the same rows, which draw the same
  /// numbers, with positions from 0 in each part.
  ///
  /// - Precondition: The parts, in their order, fill every sequence.
  public init(dividing whole: Sequences, into lengths: [Int]) {
    self.lengths = lengths
    offsets = Self.offsets(of: lengths)
    self.whole = whole
    positions = lengths.flatMap { (0..<Int32(truncatingIfNeeded: $0)) }
    rowIDs = whole.rowIDs
    let ends = Set(offsets)
    require(
      positions.count == whole.tokenCount && whole.offsets.allSatisfy(ends.contains),
      "sequences: parts \(lengths) of sequences \(whole.lengths), which they do not fill")
  }

  private static func offsets(of lengths: [Int]) -> [Int] {
    var offsets = [0]
    offsets.reserveCapacity(lengths.count + 1)
    for length in lengths {
      require(length >= 0, "sequences: length \(length), a negative one")
      offsets.append(offsets[offsets.count - 1] + length)
    }
    return offsets
  }

  /// How many sequences there are.
  public var count: Int { lengths.count }
  /// How many rows there are.
  public var tokenCount: Int { positions.count }
}
