/// One token per character; a space is a character like any other.
public struct CharacterTokenizer: Tokenizer {
  /// The pieces and their ids.
  public let vocabulary: Vocabulary
  /// What counts as one character.
  public let unit: TokenizerConfiguration.CharacterUnit
  /// Applied to text before anything else.
  public let normalization: TokenizerConfiguration.Normalization

  /// A tokenizer over characters counted before.
  public init(
    vocabulary: Vocabulary, unit: TokenizerConfiguration.CharacterUnit = .scalar,
    normalization: TokenizerConfiguration.Normalization = .none
  ) {
    self.vocabulary = vocabulary
    self.unit = unit
    self.normalization = normalization
  }

  /// The ids of a text, always the same.
  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    normalization.withNormalized(text) { text in
      var ids: [Int32] = []
      ids.reserveCapacity(text.count)
      unit.forEachCharacter(of: text) { ids.append(vocabulary.idOrUnknown(of: $0)) }
      return ids
    }
  }

  /// The characters.
  public func surfaces(of text: [UInt8]) -> [[UInt8]]? {
    text.withUnsafeBufferPointer { text in
      normalization.withNormalized(text) { text in
        var characters: [[UInt8]] = []
        unit.forEachCharacter(of: text) { characters.append(Array($0)) }
        return characters
      }
    }
  }

  /// The bytes of the ids, special ids left out.
  public func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8] {
    vocabulary.joined(ids, separator: [])
  }
}

extension TokenizerConfiguration.CharacterUnit {
  /// Hands the bytes of each character to the body, in order.
  func forEachCharacter(
    of text: UnsafeBufferPointer<UInt8>, _ body: (Slice<UnsafeBufferPointer<UInt8>>) -> Void
  ) {
    switch self {
    case .scalar:
      var start = 0
      while start < text.count {
        let end = min(start + announcedLength(text[start]), text.count)
        body(text[start..<end])
        start = end
      }
    case .grapheme:
      // Where a grapheme cluster ends is the standard library's knowledge (Unicode annex 29);
      // the bytes of the clusters are those of the text, so their lengths give the slices.
      var start = 0
      for cluster in String(decoding: text, as: UTF8.self) {
        let end = min(start + cluster.utf8.count, text.count)
        body(text[start..<end])
        start = end
      }
    }
  }
}

extension Vocabulary {
  /// The pieces of the ids with a separator between them, silent ids left out.
  func joined(_ ids: some Sequence<Int32>, separator: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var isFirst = true
    for id in ids where !specialTokens.isSilent(id) {
      if !isFirst { bytes += separator }
      isFirst = false
      bytes += id == specialTokens.unknown ? unknownMark : pieces[Int(id)]
    }
    return bytes
  }
}
