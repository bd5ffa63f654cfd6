import SeqKit

/// A file with a line for every line of the input: prefixes, or phrases that must come.
struct CompanionFile {
  private let reader: LineReader
  /// What should be there.
  private let expected: String

  /// Opens a file, or standard input for `-`; `noun` says what each line holds.
  ///
  /// - Throws: ``TextError`` when it cannot be opened, and when it has not as many lines as the input,
  ///   if both can be read twice.
  init(path: String, _ noun: String, input: String) throws {
    expected = "\(noun) for every line, if need be an empty one"
    if let count = try Self.lineCount(of: path), let inputCount = try Self.lineCount(of: input),
      count != inputCount
    {
      throw TextError(
        .badData, file: path, found: "\(count) lines, but \(input) has \(inputCount)",
        expected: expected)
    }
    reader = try LineReader(path: path)
  }

  /// The lines of a file that can be read twice; nil for any other.
  private static func lineCount(of path: String) throws -> Int? {
    guard isRegularFile(path) else { return nil }
    let reader = try LineReader(path: path)
    while try reader.next() != nil {}
    return reader.lineNumber
  }

  /// The lines that belong to the next lines of the input.
  ///
  /// - Throws: ``TextError`` when there are fewer.
  func next(_ count: Int) throws -> [[UInt8]] {
    try (0..<count).map { _ in
      guard let line = try reader.next() else {
        throw TextError(
          .badData, file: reader.path, found: "\(reader.lineNumber) lines, the input has more",
          expected: expected)
      }
      return line
    }
  }

  /// - Throws: ``TextError`` when there are more lines than the input has.
  func checkEnd() throws {
    let count = reader.lineNumber
    guard try reader.next() != nil else { return }
    throw TextError(
      .badData, file: reader.path, found: "more than the \(count) lines of the input",
      expected: expected)
  }
}
