import SeqText

/// Seeded text in several scripts.
enum SyntheticText {
  private static let syllables = [
    "ka", "to", "mi", "ren", "sol", "é", "e\u{301}", "ß", "한", "국", "어", "번역", "ら", "🙂",
    "👩‍👩‍👧", "x", "'s", ",", "ïn",
  ]

  /// Words of one to four syllables with single spaces between them.
  static func sentence(_ number: Int, wordCount: Int = 8) -> [UInt8] {
    let draws = CountedDraws(key: UInt64(number))
    var text = ""
    for word in 0..<wordCount {
      if word > 0 { text += " " }
      let length = 1 + draws.integer(below: 4, at: UInt64(100 * word))
      for position in 1...length {
        text +=
          syllables[
            draws.integer(below: syllables.count, at: UInt64(100 * word + position))]
      }
    }
    return Array(text.utf8)
  }

  /// Sentences with between one and `longest` words.
  static func sentences(_ count: Int, longest: Int = 12) -> [[UInt8]] {
    (0..<count).map { number in
      let draws = CountedDraws(key: UInt64(number) &+ 1 << 40)
      return sentence(number, wordCount: 1 + draws.integer(below: longest, at: 0))
    }
  }

  /// Any valid UTF-8: scalars of all lengths, controls, spaces, never a line feed.
  static func anything(_ number: Int) -> [UInt8] {
    let draws = CountedDraws(key: UInt64(number) &+ 7 << 50)
    let length = draws.integer(below: 40, at: 0)
    var scalars = String.UnicodeScalarView()
    for position in 0..<length {
      let index = UInt64(2 * position + 1)
      let limit = [0x80, 0x80, 0x100, 0x800, 0x3000, 0x10000, 0x110000][
        draws.integer(below: 7, at: index)]
      let value = draws.integer(below: limit, at: index + 1)
      scalars.append(value == 10 ? " " : Unicode.Scalar(UInt32(value)) ?? "\u{2581}")
    }
    return Array(String(scalars).utf8)
  }
}
