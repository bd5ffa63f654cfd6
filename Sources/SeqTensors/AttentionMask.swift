/// Who may attend to whom, within one sequence or from one sequence to its memory.
///
/// Kernels skip what is masked; nothing is filled with −∞. Padding needs no mask here: a ragged
/// batch has none.
public struct AttentionMask: Sendable, Hashable {
  /// Query i sees the keys up to its own position: i + keyCount − queryCount.
  public var isCausal: Bool
  /// Further pairs that are hidden: one matrix for every sequence, or a single one for all.
  public var hidden: [BooleanMatrix]

  /// Everybody sees everything.
  public static let none = AttentionMask(isCausal: false, hidden: [])
  /// Nobody sees the future.
  public static let causal = AttentionMask(isCausal: true, hidden: [])

  public init(isCausal: Bool, hidden: [BooleanMatrix]) {
    self.isCausal = isCausal
    self.hidden = hidden
  }

  /// The matrix for a sequence, its shape checked.
  func matrix(sequence: Int, queryCount: Int, keyCount: Int) -> BooleanMatrix? {
    guard !hidden.isEmpty else { return nil }
    let matrix = hidden.count == 1 ? hidden[0] : hidden[sequence]
    precondition(
      matrix.rows == queryCount && matrix.columns == keyCount,
      "attention: mask [\(matrix.rows), \(matrix.columns)] for \(queryCount) queries and \(keyCount) keys"
    )
    return matrix
  }
}

/// A matrix of truth values, row-major. In a mask `true` means masked out, PyTorch's key-padding
/// convention.
public struct BooleanMatrix: Sendable, Hashable {
  public let rows: Int
  public let columns: Int
  let bytes: [UInt8]

  public init(rows: Int, columns: Int, _ element: (_ row: Int, _ column: Int) -> Bool) {
    self.rows = rows
    self.columns = columns
    bytes = (0..<rows * columns).map { element($0 / columns, $0 % columns) ? 1 : 0 }
  }

  public subscript(row: Int, column: Int) -> Bool { bytes[row * columns + column] != 0 }
}
