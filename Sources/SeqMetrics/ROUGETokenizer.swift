extension ROUGE {
  /// How text is cut into the words that are matched.
  public enum Tokenizer: String, Hashable, Sendable, CaseIterable {
    /// rouge-score's: runs of `a`–`z` and `0`–`9` in lower case; everything else, every other script
    /// included, is left out.
    case alphanumeric = "rouge_score"
    /// Runs of letters, combining marks and digits of every script in lower case; an ideograph
    /// or a kana is a word by itself.
    ///
    /// On text in ASCII the same as ``alphanumeric``. Nothing is normalised.
    case unicode
    /// What stands between white space, in the case it has: for text that was cut before.
    case whitespace = "none"

    /// The words of a text, stemmed if asked for.
    public func tokens(in text: String, usesStemmer: Bool = false) -> [String] {
      let separated = separated(Array(text.utf8), usesStemmer: usesStemmer)
      return BLEU.Tokenizer.none.tokens(in: String(decoding: separated, as: UTF8.self))
    }

    /// The text, which must be valid UTF-8, with white space between its words.
    func separated(_ text: [UInt8], usesStemmer: Bool) -> [UInt8] {
      if self == .whitespace && !usesStemmer { return text }
      var words =
        self == .whitespace ? text : lowercased(String(decoding: text, as: UTF8.self))
      switch self {
      case .alphanumeric: words = words.map { PorterStemmer.isAlphanumeric($0) ? $0 : 0x20 }
      case .unicode: words = separatedByLetters(words)
      case .whitespace: break
      }
      return usesStemmer ? stemmed(words) : words
    }
  }
}

/// Spaces for all but letters, marks and digits, and around ideographs and kana.
private func separatedByLetters(_ text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count + text.count / 2)
  for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
    if scalar.isASCII {
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      result.append(PorterStemmer.isAlphanumeric(byte) ? byte : 0x20)
    } else if let bytes = UTF8.encode(scalar), isWordPart(scalar) {
      result += standsAlone(scalar) ? [0x20] + bytes + [0x20] : Array(bytes)
    } else {
      result.append(0x20)
    }
  }
  return result
}

private func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
    .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
    true
  default: false
  }
}

/// Whether a script writes no spaces between words and its scalars stand for syllables or words.
private func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
  scalar.properties.isIdeographic || (0x3041...0x30FF).contains(scalar.value)
    || (0x31F0...0x31FF).contains(scalar.value) || (0xFF66...0xFF9D).contains(scalar.value)
}

/// The text with its English words of more than three letters stemmed.
private func stemmed(_ text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var index = 0
  while index < text.count {
    let start = index
    while index < text.count, Whitespace.width(at: index, in: text) == 0 { index += 1 }
    let word = text[start..<index]
    if word.count > 3, word.allSatisfy(PorterStemmer.isAlphanumeric) {
      result += PorterStemmer.stem(Array(word))
    } else {
      result += word
    }
    result.append(0x20)
    if index < text.count { index += Whitespace.width(at: index, in: text) }
  }
  return result
}
