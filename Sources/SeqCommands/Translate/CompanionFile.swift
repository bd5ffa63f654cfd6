import SeqKit

/// A file with a line for every line of the input: prefixes, or phrases that must come.
struct CompanionFile {
  private let reader: LineReader
  private let noun: String

  /// Opens a file, or standard input for `-`; `noun` says what each line holds.
  init(path: String, _ noun: String) throws {
    reader = try LineReader(path: path)
    self.noun = noun
  }

  /// The lines that belong to the next lines of the input.
  ///
  /// - Throws: ``TextError`` when there are fewer.
  func next(_ count: Int) throws -> [[UInt8]] {
    try (0..<count).map { _ in
      guard let line = try reader.next() else {
        throw TextError(
          .badData, file: reader.path, found: "\(reader.lineNumber) lines, the input has more",
          expected: "\(noun) for every line, if need be an empty one")
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
      expected: "\(noun) for every line")
  }
}
