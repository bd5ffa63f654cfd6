internal import SeqKernels

/// The values of a parameter as a file keeps them, in memory that somebody else owns.
///
/// - Note: `@unchecked Sendable`: the owner's promise is that nobody writes the memory, except through
///   ``Parameter/pointer`` where it is float32.
public struct StoredValues: @unchecked Sendable {
  /// The numbers, row by row.
  public enum Numbers {
    /// Floats that may be written without changing the file: a private mapping, or a copy.
    case float32(UnsafeMutablePointer<Float>)
    /// The upper halves of floats.
    case bfloat16(UnsafePointer<UInt16>)
    /// Whole numbers, and what each row of them is multiplied by.
    case int8(UnsafePointer<Int8>, scales: UnsafePointer<Float>)
  }

  let numbers: Numbers
  let owner: any StoredMemory

  /// Numbers and what keeps them in memory.
  public init(_ numbers: Numbers, owner: any StoredMemory) {
    self.numbers = numbers
    self.owner = owner
  }

  /// What products with these numbers are computed in unless asked otherwise.
  var precision: Precision {
    switch numbers {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }

  /// Writes a row as floats.
  func copyRow(_ row: Int, columns: Int, into floats: UnsafeMutablePointer<Float>) {
    func withRow<Number: BitwiseCopyable>(_ use: (UnsafePointer<Number>) -> Void) {
      withUnsafeTemporaryAllocation(of: Number.self, capacity: max(1, columns)) { numbers in
        guard let start = numbers.baseAddress else { return }
        owner.copyRow(row, to: start)
        use(start)
      }
    }
    switch numbers {
    case .float32: owner.copyRow(row, to: floats)
    case .bfloat16: withRow { Kernels.widen($0, into: floats, count: columns) }
    case .int8(_, let scales):
      withRow {
        Kernels.dequantizeRows(
          $0, scales: scales + row, into: floats, rows: 1, columns: columns)
      }
    }
  }
}

/// What holds the memory of stored values.
public protocol StoredMemory: AnyObject, Sendable {
  /// Copies a row's numbers as they are stored, without the scale of whole ones, and leaves no more of it
  /// in memory than there was.
  func copyRow(_ row: Int, to memory: UnsafeMutableRawPointer)

  /// Told when some rows have been copied elsewhere and will hardly be read again: pages may go, as
  /// long as the same values come back.
  func release(rows: Range<Int>)
}
