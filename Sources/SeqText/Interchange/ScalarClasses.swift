/// What Unicode says of a scalar, as regular expressions name it.
extension Unicode.Scalar {
  /// `\p{L}`.
  var isLetter: Bool {
    if value < 0x80 { return value | 0x20 >= 0x61 && value | 0x20 <= 0x7A }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return true
    default: return false
    }
  }

  /// `\p{N}`.
  var isNumber: Bool {
    if value < 0x80 { return value >= 0x30 && value <= 0x39 }
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: return true
    default: return false
    }
  }

  /// `\s`.
  var isSpace: Bool {
    if value < 0x80 { return value == 0x20 || (value >= 0x09 && value <= 0x0D) }
    return properties.isWhitespace
  }

  /// `\w`: letters, marks, digits, connectors and joiners (UTS 18, annex C).
  var isWord: Bool {
    if value < 0x80 { return isLetter || isNumber || value == 0x5F }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return properties.isAlphabetic || properties.isJoinControl
    }
  }

  /// `\p{P}` and the symbols of ASCII.
  var isPunctuation: Bool {
    if value < 0x80 { return value > 0x20 && value < 0x7F && !isLetter && !isNumber }
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  /// A mark that combines with what comes before it, `\p{M}`.
  var isMark: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The scalar at an offset of well-formed UTF-8.
  @inline(__always)
  func scalar(at index: Int) -> Unicode.Scalar {
    let lead = self[index]
    if lead < 0x80 { return Unicode.Scalar(lead) }
    let length = announcedLength(lead)
    var value = UInt32(lead) & (0xFF >> UInt32(length + 1))
    for offset in 1..<length where index + offset < count {
      value = value << 6 | UInt32(self[index + offset] & 0x3F)
    }
    return Unicode.Scalar(value) ?? "\u{FFFD}"
  }

  /// The scalar that ends before an offset of well-formed UTF-8, nil at the beginning.
  func scalar(before index: Int) -> Unicode.Scalar? {
    var start = index - 1
    while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
    return start >= 0 ? scalar(at: start) : nil
  }
}
