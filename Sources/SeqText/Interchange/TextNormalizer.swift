/// Changes text before it is cut: a step of a tokenizer's `normalizer`.
indirect enum TextNormalizer: Sendable {
  case sequence([TextNormalizer])
  case form(UnicodeForm)
  case lowercase
  case strip(left: Bool, right: Bool)
  case stripAccents
  case replace(TextPattern, by: [UInt8])
  case prepend([UInt8])
  case characterMap(CharacterMap)
  /// The spaces and controls of Google's translation models.
  case nmt
  case byteLevel

  /// Changes a text; `startsText` becomes false when its first characters are gone, so that what is
  /// left does not begin where the text does.
  func apply(to text: inout [UInt8], startsText: inout Bool) {
    switch self {
    case .sequence(let steps):
      for step in steps { step.apply(to: &text, startsText: &startsText) }
    case .form(let form): text = text.withUnsafeBufferPointer { form.applied(to: $0) }
    case .lowercase: text = TextNormalizer.lowercased(text)
    case .strip(let left, let right):
      TextNormalizer.strip(&text, left: left, right: right, startsText: &startsText)
    case .stripAccents:
      TextNormalizer.rewrite(&text, &startsText) { $0.isMark ? nil : $0 }
    case .replace(let pattern, let content):
      TextNormalizer.replace(pattern, by: content, in: &text, startsText: &startsText)
    case .prepend(let prefix): if !text.isEmpty { text = prefix + text }
    case .characterMap(let map): text = map.mapped(text)
    case .nmt: TextNormalizer.rewrite(&text, &startsText, TextNormalizer.nmt)
    case .byteLevel:
      text = text.withUnsafeBufferPointer { text in
        var spelled: [UInt8] = []
        ByteLevelAlphabet.append(text[...], to: &spelled)
        return spelled
      }
    }
  }

  /// Scalar by scalar: a final sigma is like any other.
  private static func lowercased(_ text: [UInt8]) -> [UInt8] {
    var lowercased: [UInt8] = []
    lowercased.reserveCapacity(text.count)
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      lowercased += scalar.properties.lowercaseMapping.utf8
    }
    return lowercased
  }

  private static func strip(
    _ text: inout [UInt8], left: Bool, right: Bool, startsText: inout Bool
  ) {
    let kept = text.withUnsafeBufferPointer { text in
      var range = 0..<text.count
      while right, let last = text.scalar(before: range.upperBound), last.isSpace {
        range = 0..<(range.upperBound - UTF8.width(last))
      }
      while left, !range.isEmpty, text.scalar(at: range.lowerBound).isSpace {
        range = (range.lowerBound + announcedLength(text[range.lowerBound]))..<range.upperBound
      }
      return range
    }
    if kept.lowerBound > 0 { startsText = false }
    if kept.count < text.count { text = Array(text[kept]) }
  }

  private static func replace(
    _ pattern: TextPattern, by content: [UInt8], in text: inout [UInt8], startsText: inout Bool
  ) {
    let matches = text.withUnsafeBufferPointer { pattern.matches(in: $0, 0..<$0.count) }
    guard let first = matches.first else { return }
    if first.lowerBound == 0, content.isEmpty { startsText = false }
    var replaced: [UInt8] = []
    replaced.reserveCapacity(text.count)
    var end = 0
    for match in matches {
      replaced += text[end..<match.lowerBound]
      replaced += content
      end = match.upperBound
    }
    replaced += text[end...]
    text = replaced
  }

  /// Puts another scalar, or none, in place of each.
  private static func rewrite(
    _ text: inout [UInt8], _ startsText: inout Bool,
    _ change: (Unicode.Scalar) -> Unicode.Scalar?
  ) {
    var rewritten: [UInt8] = []
    rewritten.reserveCapacity(text.count)
    var isFirst = true
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if let new = change(scalar) {
        rewritten += UTF8.encode(new) ?? UTF8.encodedReplacementCharacter
      } else if isFirst {
        startsText = false
      }
      isFirst = false
    }
    text = rewritten
  }

  private static func nmt(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: nil
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
      " "
    default: scalar
    }
  }
}
