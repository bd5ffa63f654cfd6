/// The ids that stand for no text.
///
/// A loaded model may lack one of them, which is ``none`` then. Where it has no beginning, as T5 and
/// MarianMT, ``beginning`` is what their decoders start from: padding.
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

  /// Stands for a token that a vocabulary does not have.
  public static let none: Int32 = -1

  /// Whether an id is padding, beginning or end: what decoding leaves out.
  func isSilent(_ id: Int32) -> Bool { id == padding || id == beginning || id == end }

  /// The four ids, those that a vocabulary does not have among them.
  var all: [Int32] { [padding, beginning, end, unknown] }

  /// Refuses ids that are not below the number of tokens.
  func check(count: Int, file: String?) throws(TextError) {
    if let wrong = all.first(where: { $0 != SpecialTokens.none && !(0..<count).contains(Int($0)) })
    {
      throw TextError(
        .badData, file: file, found: "\(wrong) as the id of a special token",
        expected: "an id below \(count), the number of tokens")
    }
  }
}
