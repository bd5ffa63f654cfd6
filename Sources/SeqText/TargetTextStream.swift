/// The text of a target that grows token by token, piece after piece, never taken back.
///
///     var stream = TargetTextStream(codec)
///     let addition = stream.addition(for: tokensSoFar)
///     let rest = stream.rest(of: allTokens)
///
/// Joined together the additions and the rest are the text of all tokens. A scalar of which some
/// bytes are still to come waits for them.
public struct TargetTextStream {
  private let codec: TextCodec
  private let words: UnknownWords
  /// The bytes given out.
  private var given: [UInt8] = []

  /// A stream of nothing yet; `words` are those that the source's numbers stand for.
  public init(_ codec: TextCodec, words: UnknownWords = UnknownWords([])) {
    self.codec = codec
    self.words = words
  }

  /// The text that more tokens add to what was given before; empty as long as it may still change.
  ///
  /// - Precondition: `tokens` begins with the tokens of the call before.
  public mutating func addition(for tokens: [Int32]) -> String {
    var bytes = codec.decodeTargetBytes(tokens, words: words)
    bytes.removeLast(Self.unfinishedCount(bytes))
    // Some tokenizers write bytes that are no text yet as U+FFFD, one for each.
    while bytes.suffix(3) == Self.unreadable[...] { bytes.removeLast(3) }
    guard bytes.starts(with: given) else { return "" }
    return give(bytes)
  }

  /// The text that is left when no token follows.
  public mutating func rest(of tokens: [Int32]) -> String {
    let bytes = codec.decodeTargetBytes(tokens, words: words)
    // Should a tokenizer rewrite what it wrote, a reader is better served by all of it than by less.
    if !bytes.starts(with: given) { given = [] }
    return give(bytes)
  }

  private mutating func give(_ bytes: [UInt8]) -> String {
    let addition = String(decoding: bytes[given.count...], as: UTF8.self)
    given = bytes
    return addition
  }

  private static let unreadable = Array("\u{FFFD}".utf8)

  /// How many bytes at the end begin a scalar without ending it.
  private static func unfinishedCount(_ bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let byte = bytes[bytes.count - count]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > count ? count : 0
    }
    return 0
  }
}
