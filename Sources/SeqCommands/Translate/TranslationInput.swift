import SeqKit

/// The lines to translate, with those of the files that go with them.
struct TranslationInput {
  private let windows: LineWindows
  private let prefixes: CompanionFile?
  private let required: CompanionFile?

  /// Opens the files, or standard input for `-`.
  ///
  /// - Throws: ``TextError`` when one cannot be opened, or is seen to have a line too few or too many.
  init(path: String, prefixes: String?, required: String?) throws {
    windows = try LineWindows(path: path)
    self.prefixes = try prefixes.map { try CompanionFile(path: $0, "a prefix", input: path) }
    self.required = try required.map { try CompanionFile(path: $0, "phrases", input: path) }
  }

  /// The next lines; nil at the end.
  func next() throws -> LineTranslator.Window? {
    guard let window = try windows.next() else { return nil }
    return LineTranslator.Window(
      firstLine: window.firstLine, lines: window.lines,
      prefixes: try prefixes?.next(window.lines.count),
      required: try required?.next(window.lines.count))
  }

  /// - Throws: ``TextError`` when a file goes on behind the last line to translate.
  func checkEnd() throws {
    try prefixes?.checkEnd()
    try required?.checkEnd()
  }
}
