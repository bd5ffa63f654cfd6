extension BLEU {
  /// How a line is cut into the words whose n-grams are counted.
  ///
  /// Raw values are sacreBLEU's names.
  public enum Tokenizer: String, Hashable, Sendable, CaseIterable {
    /// Words are what lies between white space; for text that was tokenised before.
    case none
    /// The rules of NIST's mteval-v13a, the default of WMT: ASCII punctuation stands alone, except
    /// points and commas inside numbers.
    case mteval13a = "13a"
    /// Every Unicode scalar that is not white space is a word.
    case character = "char"
    /// The rules of mteval-v14: punctuation and symbols of all scripts stand alone, except
    /// punctuation inside numbers.
    case international = "intl"
    /// For Chinese: every ideograph and full-width or CJK mark is a word, the rest is cut by 13a's
    /// rules.
    case chinese = "zh"
    /// For Korean: every Hangul syllable is a word, the rest is cut by intl's rules.
    ///
    /// Particles and endings so count apart from what they are attached to, without a dictionary;
    /// a syllable of conjoining jamo is one word too, but not that of its composed form.
    case koreanSyllables = "ko-syllable"

    /// The line's tokens, as the metric compares them.
    ///
    /// Work is done on Unicode scalars; nothing is normalised.
    public func tokens(in line: String) -> [String] {
      let text = separated(Array(line.utf8))
      var tokens: [String] = []
      var (start, index) = (0, 0)
      func close() {
        if start < index { tokens.append(String(decoding: text[start..<index], as: UTF8.self)) }
      }
      while index < text.count {
        let width = Whitespace.width(at: index, in: text)
        if width > 0 {
          close()
          index += width
          start = index
        } else {
          index += 1
        }
      }
      close()
      return tokens
    }

    /// The line with white space between all tokens.
    ///
    /// - Parameter line: valid UTF-8.
    /// - Returns: valid UTF-8 with the same tokens under every later splitting at white space.
    func separated(_ line: [UInt8]) -> [UInt8] {
      switch self {
      case .none: line
      case .mteval13a: separatedByMteval13a(line)
      case .character: separatedByCharacter(line)
      case .international: separatedInternationally(line)
      case .chinese: separatedAsChinese(line)
      case .koreanSyllables: separatedKoreanSyllables(line)
      }
    }
  }
}

private func separatedByCharacter(_ line: [UInt8]) -> [UInt8] {
  var text: [UInt8] = []
  text.reserveCapacity(line.count * 2)
  for byte in line {
    // Every byte but 10xxxxxx begins a scalar.
    if byte & 0xC0 != 0x80 { text.append(0x20) }
    text.append(byte)
  }
  return text
}
