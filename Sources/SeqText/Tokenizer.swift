/// Turns text into token ids and back.
///
/// Text is UTF-8 bytes. Encoding adds neither beginning nor end, and `decode(encode(x))` is the
/// normalised `x` as long as the vocabulary covers it.
public protocol Tokenizer: Sendable {
  var vocabulary: Vocabulary { get }

  /// The ids of a text, always the same.
  func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32]

  /// The ids of a text in a segmentation drawn at random: the same key, the same segmentation.
  ///
  /// A tokenizer with only one segmentation gives that.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, sampling: TokenizerConfiguration.Sampling, key: UInt64
  ) -> [Int32]

  /// What a model wants around the ids of a source, where the tokenizer itself says so; nil where
  /// its configuration does.
  var frame: TokenFrame? { get }

  /// The text that each token of an encoding stands for, as many as there are ids; nil where a
  /// tokenizer does not say.
  func surfaces(of text: [UInt8]) -> [[UInt8]]?

  /// For every token the number of the word it belongs to, from 0: words are what stands between
  /// spaces, and a space that is a token of its own belongs to the word before it.
  func words(of ids: [Int32]) -> [Int]

  /// The bytes the ids are written as. Padding, beginning and end write nothing; an unknown token
  /// writes ⁇ (U+2047). A model may put byte tokens in any order, so the bytes need not be UTF-8.
  ///
  /// - Precondition: every id is below the vocabulary's count.
  func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8]
}

/// What an unknown token is written as: U+2047, as SentencePiece does.
let unknownMark: [UInt8] = Array("\u{2047}".utf8)

extension Tokenizer {
  /// The ids of a text, always the same.
  public func encode(_ text: [UInt8]) -> [Int32] {
    text.withUnsafeBufferPointer { encode($0) }
  }

  /// The ids of a text, always the same.
  public func encode(_ text: String) -> [Int32] { encode(Array(text.utf8)) }

  /// The ids of a text in a segmentation drawn at random: the same key, the same segmentation.
  public func encode(
    _ text: [UInt8], sampling: TokenizerConfiguration.Sampling, key: UInt64
  ) -> [Int32] {
    text.withUnsafeBufferPointer { encode($0, sampling: sampling, key: key) }
  }

  /// Tokenizers have one segmentation unless they say otherwise.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, sampling: TokenizerConfiguration.Sampling, key: UInt64
  ) -> [Int32] {
    encode(text)
  }

  /// Tokens that are a space divide words.
  public func words(of ids: [Int32]) -> [Int] {
    var word = 0
    return ids.map { id in
      let isSpace =
        vocabulary.pieces.indices.contains(Int(id)) && vocabulary.pieces[Int(id)] == [0x20]
      defer { if isSpace { word += 1 } }
      return word
    }
  }

  /// Not said.
  public var frame: TokenFrame? { nil }

  /// Not said.
  public func surfaces(of text: [UInt8]) -> [[UInt8]]? { nil }

  /// The text of the ids; byte sequences that are not UTF-8 become U+FFFD.
  public func decode(_ ids: some Sequence<Int32>) -> String {
    String(decoding: decodeBytes(ids), as: UTF8.self)
  }
}
