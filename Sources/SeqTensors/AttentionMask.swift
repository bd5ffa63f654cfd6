internal import SeqKernels

/// Who may attend to whom, within one sequence or from one sequence to its memory.
///
/// Kernels skip what is masked; nothing is filled with −∞. Padding needs no mask here: a ragged
/// batch has none.
public struct AttentionMask: Sendable, Hashable {
  /// Whether query i sees only the keys up to its own position: i + keyCount − queryCount.
  public var isCausal: Bool
  /// Further pairs that are hidden: one matrix for every sequence, or a single one for all.
  public var hidden: [BooleanMatrix]

  /// Everybody sees everything.
  public static let none = AttentionMask(isCausal: false, hidden: [])
  /// Nobody sees the future.
  public static let causal = AttentionMask(isCausal: true, hidden: [])

  /// A mask that hides what either part hides.
  public init(isCausal: Bool, hidden: [BooleanMatrix]) {
    self.isCausal = isCausal
    self.hidden = hidden
  }

  /// The matrix for a sequence, its shape checked.
  func matrix(sequence: Int, queryCount: Int, keyCount: Int) -> BooleanMatrix? {
    guard !hidden.isEmpty else { return nil }
    let matrix = hidden.count == 1 ? hidden[0] : hidden[sequence]
    require(
      matrix.rows == queryCount && matrix.columns == keyCount,
      "attention: mask [\(matrix.rows), \(matrix.columns)], not [\(queryCount), \(keyCount)]")
    return matrix
  }
}

/// A matrix of truth values, row-major.
///
/// In a mask `true` means masked out, PyTorch's key-padding convention.
public struct BooleanMatrix: Sendable, Hashable {
  /// Queries, in a mask.
  public let rows: Int
  /// Keys, in a mask.
  public let columns: Int
  let bytes: [UInt8]

  /// A matrix whose elements are asked for one by one, row after row.
  public init(rows: Int, columns: Int, _ element: (_ row: Int, _ column: Int) -> Bool) {
    self.rows = rows
    self.columns = columns
    bytes = (0..<rows * columns).map { element($0 / columns, $0 % columns) ? 1 : 0 }
  }

  /// The element at a row and a column, counted from 0.
  public subscript(row: Int, column: Int) -> Bool { bytes[row * columns + column] != 0 }
}
