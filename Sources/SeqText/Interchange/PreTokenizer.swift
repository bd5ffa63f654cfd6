/// Cuts text into the parts that a model segments one by one: a step of a `pre_tokenizer`.
indirect enum PreTokenizer: Sendable {
  /// Where a ▁ is put before text that does not begin with one.
  enum PrependScheme: String, Sendable { case always, first, never }

  case sequence([PreTokenizer])
  /// Spaces become another character, ▁ as a rule, which begins every part if `splits`.
  case metaspace(replacement: [UInt8], prepends: PrependScheme, splits: Bool)
  /// Bytes are spelled by ``ByteLevelAlphabet``, after cutting into GPT-2's words if `cutsWords`.
  case byteLevel(addsPrefixSpace: Bool, cutsWords: Bool)
  case whitespaceSplit
  /// Words and what is neither word nor space.
  case whitespace
  case punctuation(SplitBehavior)
  case digits(individual: Bool)
  case split(TextPattern, SplitBehavior, inverted: Bool)

  /// Cuts the parts of a text further.
  func apply(to text: inout TextParts) {
    switch self {
    case .sequence(let steps): for step in steps { step.apply(to: &text) }
    case .metaspace(let replacement, let prepends, let splits):
      PreTokenizer.metaspace(&text, replacement, prepends, splits: splits)
    case .byteLevel(let addsPrefixSpace, let cutsWords):
      PreTokenizer.byteLevel(&text, addsPrefixSpace: addsPrefixSpace, cutsWords: cutsWords)
    case .whitespaceSplit: text.split(.removed) { $0.isSpace }
    case .whitespace: PreTokenizer.whitespace(&text)
    case .punctuation(let behavior): text.split(behavior) { $0.isPunctuation }
    case .digits(let individual):
      text.split(individual ? .isolated : .contiguous) { $0.isNumber }
    case .split(let pattern, let behavior, let inverted):
      text.split(by: pattern, behavior, inverted: inverted)
    }
  }

  private static func metaspace(
    _ text: inout TextParts, _ replacement: [UInt8], _ prepends: PrependScheme, splits: Bool
  ) {
    text.rewrite { text, part, isFirst, bytes, endPart in
      let begins =
        text[part.lowerBound] == 0x20
        || (part.count >= replacement.count
          && text[part].prefix(replacement.count).elementsEqual(replacement))
      if !begins, prepends == .always || (prepends == .first && isFirst) { bytes += replacement }
      var index = part.lowerBound
      while index < part.upperBound {
        let isSpace = text[index] == 0x20
        let isReplacement =
          text[index] == replacement[0] && index + replacement.count <= part.upperBound
          && text[index..<(index + replacement.count)].elementsEqual(replacement)
        if isSpace || isReplacement {
          if splits { endPart(bytes.count) }
          bytes += replacement
          index += isSpace ? 1 : replacement.count
        } else {
          bytes.append(text[index])
          index += 1
        }
      }
      endPart(bytes.count)
    }
  }

  private static func byteLevel(_ text: inout TextParts, addsPrefixSpace: Bool, cutsWords: Bool) {
    if addsPrefixSpace {
      text.rewrite { text, part, _, bytes, endPart in
        if text[part.lowerBound] != 0x20 { bytes.append(0x20) }
        bytes += text[part]
        endPart(bytes.count)
      }
    }
    text.rewrite { text, part, _, bytes, endPart in
      if cutsWords {
        WordScanner.forEachWord(of: text, part) { word in
          ByteLevelAlphabet.append(text[word], to: &bytes)
          endPart(bytes.count)
        }
      } else {
        ByteLevelAlphabet.append(text[part], to: &bytes)
        endPart(bytes.count)
      }
    }
  }

  /// Runs of `\w`, and runs of what is neither `\w` nor `\s`.
  private static func whitespace(_ text: inout TextParts) {
    text.split(.removed) { $0.isSpace }
    // Within what is left, words and other signs alternate.
    text.split(.contiguous) { $0.isWord }
  }
}
