/// The `zh` rules as sacreBLEU applies them: ideographs and marks stand alone, then 13a's rules
/// without its entities and without the spaces it begins and ends with.
///
/// - Parameter line: valid UTF-8.
/// - Returns: the line with white space between its tokens.
func separatedAsChinese(_ line: [UInt8]) -> [UInt8] {
  var line = line
  Whitespace.trimStart(of: &line)
  Whitespace.trimEnd(of: &line)
  var text: [UInt8] = []
  text.reserveCapacity(line.count * 2)
  for scalar in String(decoding: line, as: UTF8.self).unicodeScalars {
    let bytes = UTF8.encode(scalar).map { Array($0) } ?? []
    text += standsAloneInChinese(scalar.value) ? [0x20] + bytes + [0x20] : bytes
  }
  return text.isolatingMteval13aPunctuation().separatingMteval13aNumbers()
}

/// Ideographs, radicals, strokes, Bopomofo, CJK and full-width marks, and from U+2001 Western
/// punctuation and symbols.
///
/// The first range comes of sacreBLEU's reading of ideographs beyond U+FFFF,
/// whose code points lose their fifth digit; such ideographs stay unsplit.
private func standsAloneInChinese(_ scalar: UInt32) -> Bool {
  switch scalar {
  case 0x2001...0x2A6D, 0x2E80...0x2EFF, 0x2F00...0x2FDF, 0x2FF0...0x2FFF, 0x3000...0x303F,
    0x3100...0x312F, 0x31A0...0x31BF, 0x31C0...0x31EF, 0x3200...0x33FF, 0x3400...0x4DB5,
    0x4E00...0x9FBB, 0xF900...0xFA2D, 0xFA30...0xFA6A, 0xFA70...0xFAD9, 0xFE10...0xFE1F,
    0xFE30...0xFE4F, 0xFF00...0xFFEF:
    true
  default: false
  }
}
