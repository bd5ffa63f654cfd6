/// Text as SentencePiece segments it: a ▁ (U+2581) before it and one for every space.
///
/// A ▁ that the text itself holds would come back as a space. It is spelled with a byte that no
/// piece contains, so that it counts as a character outside the vocabulary: three byte pieces with
/// byte fallback, unknown without.
package struct SegmentationText {
  static let space: [UInt8] = [0xE2, 0x96, 0x81]
  /// Stands for a ▁ of the text's own; occurs in no UTF-8.
  static let literalSpaceMark: UInt8 = 0xFF

  let bytes: [UInt8]

  /// Prepares a text; an empty text stays empty.
  package init(_ text: UnsafeBufferPointer<UInt8>) {
    guard !text.isEmpty else {
      bytes = []
      return
    }
    var bytes = SegmentationText.space
    bytes.reserveCapacity(text.count + text.count / 2 + 8)
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte == 0x20 {
        bytes += SegmentationText.space
      } else if byte == 0xE2, index + 2 < text.count, text[index + 1] == 0x96,
        text[index + 2] == 0x81
      {
        bytes.append(SegmentationText.literalSpaceMark)
        index += 2
      } else {
        bytes.append(byte)
      }
      index += 1
    }
    self.bytes = bytes
  }

  /// Takes text that a model's own normaliser has prepared.
  package init(normalized bytes: [UInt8]) { self.bytes = bytes }

  /// The text that pieces one after another are written as: every ▁ is a space.
  static func text(ofPieces bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var rest = bytes[...]
    while let byte = rest.first {
      let isSpace = rest.starts(with: space)
      text.append(isSpace ? 0x20 : byte)
      rest = rest.dropFirst(isSpace ? space.count : 1)
    }
    return text
  }

  /// For every token the number of its word; a piece that begins with ▁ begins one.
  static func words(of ids: [Int32], in vocabulary: Vocabulary) -> [Int] {
    var word = -1
    return ids.map { id in
      let pieces = vocabulary.pieces
      let begins = pieces.indices.contains(Int(id)) && pieces[Int(id)].starts(with: space)
      if word < 0 || begins { word += 1 }
      return word
    }
  }
}
