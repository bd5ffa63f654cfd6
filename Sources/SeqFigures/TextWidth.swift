extension String {
  /// The cells a terminal gives this text: Hangul, Han and emoji two each, combining marks none.
  package var cellCount: Int { reduce(0) { $0 + $1.cellCount } }

  /// The text cut to so many cells, the cut shown by an ellipsis.
  package func truncated(toCells limit: Int) -> String {
    guard cellCount > limit else { return self }
    var kept = ""
    var cells = 0
    for character in self {
      guard cells + character.cellCount <= limit - 1 else { break }
      kept.append(character)
      cells += character.cellCount
    }
    return limit > 0 ? kept + "…" : ""
  }

  /// The text with spaces after it up to so many cells; longer text is cut.
  package func padded(toCells count: Int) -> String {
    let text = truncated(toCells: count)
    return text + String(repeating: " ", count: count - text.cellCount)
  }

  /// The text with spaces before it up to so many cells; longer text is cut.
  package func indented(toCells count: Int) -> String {
    let text = truncated(toCells: count)
    return String(repeating: " ", count: count - text.cellCount) + text
  }

  /// The text with a picture for everything that would move a cursor, turn the direction of
  /// writing, or be forbidden in XML.
  package var withoutControls: String {
    String(String.UnicodeScalarView(unicodeScalars.map(\.shown)))
  }
}

extension Character {
  var cellCount: Int {
    let scalars = unicodeScalars
    // A flag or a sequence of joined emoji is one picture.
    if scalars.first?.properties.isEmojiPresentation == true { return 2 }
    if scalars.contains("\u{FE0F}") && scalars.first?.properties.isEmoji == true { return 2 }
    return scalars.reduce(0) { $0 + $1.cellCount }
  }
}

extension Unicode.Scalar {
  fileprivate var cellCount: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control, .lineSeparator, .paragraphSeparator:
      0
    default: isJoiningJamo ? 0 : isWide || properties.isEmojiPresentation ? 2 : 1
    }
  }

  /// Vowels and final consonants of Hangul, which join the consonant before them.
  private var isJoiningJamo: Bool {
    switch value {
    case 0x1160...0x11FF, 0xD7B0...0xD7FF: true
    default: false
    }
  }

  /// Two cells by Unicode's East Asian Width (Wide or Fullwidth), annex 11, in whole blocks.
  private var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18D8F, 0x1AFF0...0x1B2FF, 0x20000...0x2FFFD,
      0x30000...0x3FFFD:
      true
    default: false
    }
  }

  fileprivate var shown: Unicode.Scalar {
    switch value {
    case 0..<0x20: Unicode.Scalar(0x2400 + value) ?? "\u{FFFD}"
    case 0x7F: "\u{2421}"
    // C1 controls; marks and overrides of direction; what XML forbids.
    case 0x80..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF:
      "\u{FFFD}"
    default: self
    }
  }
}
