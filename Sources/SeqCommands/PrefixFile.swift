import SeqKit

/// What translations begin with, a line for every line of the input.
struct PrefixFile {
  private let reader: LineReader

  /// Opens a file, or standard input for `-`.
  init(path: String) throws { reader = try LineReader(path: path) }

  /// The prefixes of the next lines of the input.
  ///
  /// - Throws: ``TextError`` when there are fewer.
  func next(_ count: Int) throws -> [[UInt8]] {
    try (0..<count).map { _ in
      guard let line = try reader.next() else {
        throw TextError(
          .badData, file: reader.path, found: "\(reader.lineNumber) lines, the input has more",
          expected: "a prefix for every line, if need be an empty one")
      }
      return line
    }
  }

  /// - Throws: ``TextError`` when there are more prefixes than lines of input.
  func checkEnd() throws {
    let count = reader.lineNumber
    guard try reader.next() != nil else { return }
    throw TextError(
      .badData, file: reader.path, found: "more than the \(count) lines of the input",
      expected: "a prefix for every line")
  }
}
