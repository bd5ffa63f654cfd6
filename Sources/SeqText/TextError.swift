/// What is wrong with a text, a corpus or a tokenizer that came from outside.
public struct TextError: Error, Hashable, Sendable {
  /// The kinds of failure that a program may want to tell apart, as exit codes do.
  public enum Kind: String, Hashable, Sendable {
    /// The contents of a file are not what they should be.
    case badData
    /// A file or folder does not exist or is not readable.
    case missingInput
    /// A file cannot be created.
    case cannotCreate
    /// Reading or writing failed halfway.
    case inputOutput
    /// The configuration asks for what cannot be done.
    case configuration
    /// Whoever started the work asked it to stop.
    case interrupted
  }

  /// What a program reacts to.
  public let kind: Kind
  /// The file's path as it was given, `-` for the standard input.
  public let file: String?
  /// Counted from 1.
  public let line: Int?
  /// What is there, or what happened.
  public let found: String
  /// What should have been there.
  public let expected: String?
  /// What the reader may do about it.
  public let hint: String?

  /// Describes a failure; the description puts the parts in one sentence each.
  public init(
    _ kind: Kind, file: String? = nil, line: Int? = nil, found: String, expected: String? = nil,
    hint: String? = nil
  ) {
    self.kind = kind
    self.file = file
    self.line = line
    self.found = found
    self.expected = expected
    self.hint = hint
  }
}

extension TextError: CustomStringConvertible {
  /// The parts in one line, as in `file:line: found; expected …. Hint`.
  public var description: String {
    var text = ""
    if let file { text += file + (line.map { ":\($0)" } ?? "") + ": " }
    if file == nil, let line { text += "line \(line): " }
    text += found
    if let expected { text += "; expected \(expected)" }
    if let hint { text += ". \(hint)" }
    return text
  }
}
