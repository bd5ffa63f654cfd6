/// Why models cannot be an ensemble: the same ids are not the same text to both.
public struct EnsembleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The directory that the others are compared with.
  public let first: String
  /// The directory that differs.
  public let second: String
  /// In what their text sides differ, the second before the first: a setting, a size or a piece.
  public let difference: String

  /// What differs in which directories, and what to do.
  public var description: String {
    "\(second) cannot be in an ensemble with \(first): \(difference); train both with one tokenizer"
  }
}
