extension TER {
  /// The words of a line, as the metric compares them.
  public func tokens(in line: String) -> [String] {
    BLEU.Tokenizer.none.tokens(in: String(decoding: prepared(line), as: UTF8.self))
  }

  /// The line with white space between its words: tercom's rules as sacreBLEU applies them.
  ///
  /// Western rules look for ASCII alone and are made on bytes. sacreBLEU's rules for runs of kana
  /// stand at the beginning of a line only, which normalising has filled with a space: they never
  /// apply, and are not here.
  func prepared(_ line: String) -> [UInt8] {
    var text = Array(line.utf8)
    Whitespace.trimEnd(of: &text)
    if !isCaseSensitive { text = lowercased(String(decoding: text, as: UTF8.self)) }
    if isNormalized {
      text.replace(Array("\n-".utf8), with: [])
      text.replace([0x0A], with: [0x20])
      text.replaceEntities()
      text = ([0x20] + text + [0x20]).isolatingMteval13aPunctuation()
      text.replace(Array("'s ".utf8), with: Array(" 's ".utf8))
      text = text.separatingMteval13aNumbers()
    }
    if removesPunctuation { text.removeAll(where: Self.western.contains) }
    if hasAsianSupport && (isNormalized || removesPunctuation) {
      text = adaptedToAsia(text)
    }
    return text
  }

  /// The same for a reference, which sacreBLEU normalises a second time.
  ///
  /// It makes a difference where one pass lets another rule apply: `it's,` has three words here, and
  /// two in a hypothesis.
  func preparedReference(_ line: String) -> [UInt8] {
    isNormalized ? prepared(tokens(in: line).joined(separator: " ")) : prepared(line)
  }

  private static let western = Set(".,?:;!\"()".utf8)

  private func adaptedToAsia(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count * 2)
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      let bytes = UTF8.encode(scalar).map { Array($0) } ?? []
      let isMark = Self.isAsianPunctuation(scalar.value)
      let standsAlone = isNormalized && (isMark || Self.isIdeograph(scalar.value))
      if standsAlone { result.append(0x20) }
      // What a mark set apart stays apart when the mark goes.
      if !isMark || !removesPunctuation { result += bytes }
      if standsAlone { result.append(0x20) }
    }
    return result
  }

  /// Ideographs, radicals, strokes, compatibility forms.
  ///
  /// sacreBLEU's range for enclosed letters ends at U+3F22, not U+32FF; everything from there on
  /// is in another range anyway.
  private static func isIdeograph(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x2E80...0x2EFF, 0x31C0...0x31EF, 0x3200...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF,
      0xFE30...0xFE4F:
      true
    default: false
    }
  }

  /// East Asian marks, and Western ones in full width.
  private static func isAsianPunctuation(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x3001, 0x3002, 0x3008...0x3011, 0x3014...0x301F, 0xFF61...0xFF65, 0x30FB,
      0xFF0E, 0xFF0C, 0xFF1F, 0xFF1A, 0xFF1B, 0xFF01, 0xFF02, 0xFF08, 0xFF09:
      true
    default: false
    }
  }
}
