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
}
