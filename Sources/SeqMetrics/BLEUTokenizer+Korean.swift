/// The `ko-syllable` rules: intl's, then every Hangul syllable and compatibility jamo stands alone.
///
/// A syllable written as conjoining jamo ends where the next leading consonant begins, so it is one
/// token however many scalars it has.
///
/// - Parameter line: valid UTF-8.
/// - Returns: the line with white space between its tokens.
func separatedKoreanSyllables(_ line: [UInt8]) -> [UInt8] {
  let words = separatedInternationally(line)
  var text: [UInt8] = []
  text.reserveCapacity(words.count * 4 / 3)
  var before = HangulPart.none
  for scalar in String(decoding: words, as: UTF8.self).unicodeScalars {
    let part = HangulPart(scalar.value)
    let continues: Bool =
      switch part {
      case .none: before == .none || scalar.properties.isGraphemeExtend
      case .vowelOrFinal: before == .leading || before == .vowelOrFinal || before == .syllable
      case .leading, .syllable: before == .leading
      case .compatibility: false
      }
    if !continues { text.append(0x20) }
    if let bytes = UTF8.encode(scalar) { text += bytes }
    before = part == .none && scalar.properties.isGraphemeExtend ? before : part
  }
  return text
}

/// What a scalar is in a Hangul syllable.
private enum HangulPart {
  case none, leading, vowelOrFinal, syllable, compatibility

  init(_ scalar: UInt32) {
    self =
      switch scalar {
      case 0x1100...0x115F, 0xA960...0xA97C: .leading
      case 0x1160...0x11FF, 0xD7B0...0xD7FB: .vowelOrFinal
      case 0xAC00...0xD7A3: .syllable
      case 0x3131...0x318E, 0xFFA0...0xFFDC: .compatibility
      default: .none
      }
  }
}
