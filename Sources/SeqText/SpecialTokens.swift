/// The ids that stand for no text.
public struct SpecialTokens: Codable, Hashable, Sendable {
  /// `<pad>`: fills padded batches, never predicted.
  public var padding: Int32
  /// `<s>`: what the decoder starts from.
  public var beginning: Int32
  /// `</s>`: ends a sentence; the last label of every target.
  public var end: Int32
  /// `<unk>`: text outside the vocabulary.
  public var unknown: Int32

  /// The ids as a model has them.
  public init(padding: Int32, beginning: Int32, end: Int32, unknown: Int32) {
    self.padding = padding
    self.beginning = beginning
    self.end = end
    self.unknown = unknown
  }

  /// The ids of every vocabulary trained here: 0 `<pad>`, 1 `<s>`, 2 `</s>`, 3 `<unk>`.
  public static let standard = SpecialTokens(padding: 0, beginning: 1, end: 2, unknown: 3)

  /// The names of the four standard tokens, in the order of their ids.
  package static let standardNames = ["<pad>", "<s>", "</s>", "<unk>"]

  /// Whether an id is padding, beginning or end: what decoding leaves out.
  func isSilent(_ id: Int32) -> Bool { id == padding || id == beginning || id == end }
}
