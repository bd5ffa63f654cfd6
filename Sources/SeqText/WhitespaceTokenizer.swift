/// Tokens are the runs between spaces (U+0020 alone: a no-break space is part of its word).
///
/// A space more than the one between two words, or one at either end of the text, is an empty
/// token. It is kept when the training text had such spaces, so that text comes back as it was,
/// and dropped otherwise: stray spaces never become unknown words.
public struct WhitespaceTokenizer: Tokenizer {
  /// The pieces and their ids.
  public let vocabulary: Vocabulary
  /// Applied to text before anything else.
  public let normalization: TokenizerConfiguration.Normalization

  /// A tokenizer over words counted before.
  public init(
    vocabulary: Vocabulary, normalization: TokenizerConfiguration.Normalization = .none
  ) {
    self.vocabulary = vocabulary
    self.normalization = normalization
  }

  /// The ids of a text, always the same.
  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    normalization.withNormalized(text) { text in
      var ids: [Int32] = []
      WhitespaceTokenizer.forEachWord(of: text) { word in
        if !word.isEmpty {
          ids.append(vocabulary.idOrUnknown(of: word))
        } else if let id = vocabulary.id(of: word) {
          ids.append(id)
        }
      }
      return ids
    }
  }

  /// The words.
  public func surfaces(of text: [UInt8]) -> [[UInt8]]? {
    text.withUnsafeBufferPointer { text in
      normalization.withNormalized(text) { text in
        var words: [[UInt8]] = []
        WhitespaceTokenizer.forEachWord(of: text) { word in
          if !word.isEmpty || vocabulary.id(of: word) != nil { words.append(Array(word)) }
        }
        return words
      }
    }
  }

  /// Each token is one.
  public func words(of ids: [Int32]) -> [Int] { Array(ids.indices) }

  /// The bytes of the ids, special ids left out.
  public func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8] {
    vocabulary.joined(ids, separator: [0x20])
  }

  /// Hands each word, empty ones included, to the body; an empty text has none.
  static func forEachWord(
    of text: UnsafeBufferPointer<UInt8>, _ body: (Slice<UnsafeBufferPointer<UInt8>>) -> Void
  ) {
    if text.isEmpty { return }
    var start = 0
    for index in text.indices where text[index] == 0x20 {
      body(text[start..<index])
      start = index + 1
    }
    body(text[start...])
  }
}
