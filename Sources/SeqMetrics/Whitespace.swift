/// What separates tokens: the 29 scalars for which Python's `str.isspace` holds, in UTF-8.
///
/// They are Unicode's White_Space and the four separators U+001C–U+001F. Python's `split` and
/// `rstrip`, and so the figures of sacreBLEU, rest on this set.
package enum Whitespace {
  /// The number of bytes of the white space scalar that starts at `index`, 0 if none does.
  @inline(__always)
  package static func width(at index: Int, in text: [UInt8]) -> Int {
    let first = text[index]
    if first < 0x80 {
      return first == 0x20 || (0x09...0x0D).contains(first) || (0x1C...0x1F).contains(first)
        ? 1 : 0
    }
    return wideWidth(at: index, in: text)
  }

  private static func wideWidth(at index: Int, in text: [UInt8]) -> Int {
    guard index + 1 < text.count else { return 0 }
    let second = text[index + 1]
    if text[index] == 0xC2 { return second == 0x85 || second == 0xA0 ? 2 : 0 }
    guard index + 2 < text.count else { return 0 }
    switch (text[index], second, text[index + 2]) {
    case (0xE1, 0x9A, 0x80),  // U+1680
      (0xE2, 0x80, 0x80...0x8A),  // U+2000–U+200A
      (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9), (0xE2, 0x80, 0xAF),  // U+2028, U+2029, U+202F
      (0xE2, 0x81, 0x9F),  // U+205F
      (0xE3, 0x80, 0x80):  // U+3000
      return 3
    default:
      return 0
    }
  }

  /// Whether the scalar is one of them.
  static func contains(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
      ? scalar == " " || (0x09...0x0D).contains(scalar.value)
        || (0x1C...0x1F).contains(scalar.value)
      : scalar.properties.isWhitespace
  }

  /// Removes white space from the beginning.
  static func trimStart(of text: inout [UInt8]) {
    var index = 0
    while index < text.count {
      let width = width(at: index, in: text)
      if width == 0 { break }
      index += width
    }
    text.removeFirst(index)
  }

  /// Removes white space from the end.
  package static func trimEnd(of text: inout [UInt8]) {
    trimming: while !text.isEmpty {
      for width in 1...3
      where text.count >= width && Self.width(at: text.count - width, in: text) == width {
        text.removeLast(width)
        continue trimming
      }
      return
    }
  }
}
