/// Turns the spellings of tokens into text: a step of a `decoder`.
indirect enum TokenDecoder: Sendable {
  case sequence([TokenDecoder])
  /// The replacement, ▁ as a rule, becomes a space; in the first token nothing if `dropsFirst`.
  case metaspace(replacement: [UInt8], dropsFirst: Bool)
  case byteLevel
  /// Tokens like `<0xE2>` become bytes.
  case byteFallback
  case fuse
  /// Takes up to so many of one character off both ends of every token.
  case strip(content: [UInt8], start: Int, stop: Int)
  case replace(TextPattern, by: [UInt8])
  /// The suffix that ends words becomes a space, behind the last token nothing.
  case endOfWord([UInt8])
  /// Tokens stand side by side with spaces between them: what is done without a decoder.
  case spaced

  /// The tokens after this step.
  func decoded(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .sequence(let steps): steps.reduce(tokens) { $1.decoded($0) }
    case .metaspace(let replacement, let dropsFirst):
      tokens.enumerated().map { number, token in
        let space: [UInt8] = number == 0 && dropsFirst ? [] : [0x20]
        return TokenDecoder.replacing(.literal(replacement), by: space, in: token)
      }
    case .byteLevel:
      [tokens.flatMap { ByteLevelAlphabet.bytes(spelledBy: $0) ?? $0 }]
    case .byteFallback: TokenDecoder.withBytes(tokens)
    case .fuse: [Array(tokens.joined())]
    case .strip(let content, let start, let stop):
      tokens.map { TokenDecoder.stripping(content, start: start, stop: stop, from: $0) }
    case .replace(let pattern, let content):
      tokens.map { TokenDecoder.replacing(pattern, by: content, in: $0) }
    case .endOfWord(let suffix):
      tokens.enumerated().map { number, token in
        let space: [UInt8] = number + 1 == tokens.count ? [] : [0x20]
        return TokenDecoder.replacing(.literal(suffix), by: space, in: token)
      }
    case .spaced: [Array(tokens.joined(separator: [0x20]))]
    }
  }

  private static func replacing(
    _ pattern: TextPattern, by content: [UInt8], in token: [UInt8]
  ) -> [UInt8] {
    token.withUnsafeBufferPointer { text in
      let matches = pattern.matches(in: text, 0..<text.count)
      if matches.isEmpty { return token }
      var replaced: [UInt8] = []
      var end = 0
      for match in matches {
        replaced += text[end..<match.lowerBound]
        replaced += content
        end = match.upperBound
      }
      return replaced + text[end...]
    }
  }

  private static func stripping(
    _ content: [UInt8], start: Int, stop: Int, from token: [UInt8]
  ) -> [UInt8] {
    var rest = token[...]
    var count = 0
    while count < start, rest.starts(with: content) {
      rest = rest.dropFirst(content.count)
      count += 1
    }
    count = 0
    while count < stop, rest.count >= content.count, rest.suffix(content.count) == content[...] {
      rest = rest.dropLast(content.count)
      count += 1
    }
    return Array(rest)
  }

  /// Runs of byte tokens as text; where they are no UTF-8 every one is U+FFFD.
  private static func withBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var decoded: [[UInt8]] = []
    var bytes: [UInt8] = []
    func flush() {
      if bytes.isEmpty { return }
      let isText = bytes.withUnsafeBufferPointer { $0.invalidUTF8Offset } == nil
      if isText { decoded.append(bytes) } else { decoded += bytes.map { _ in unreadableMark } }
      bytes = []
    }
    for token in tokens {
      if let byte = SentencePieceSpecification.byte(ofPiece: token) {
        bytes.append(byte)
      } else {
        flush()
        decoded.append(token)
      }
    }
    flush()
    return decoded
  }

  private static let unreadableMark = Array("\u{FFFD}".utf8)
}
