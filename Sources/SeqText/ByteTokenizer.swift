/// One token per UTF-8 byte: 260 ids, the byte's value plus four; nothing is unknown.
public struct ByteTokenizer: Tokenizer {
  /// The pieces and their ids.
  public let vocabulary: Vocabulary
  /// Applied to text before anything else.
  public let normalization: TokenizerConfiguration.Normalization

  /// A tokenizer over the 256 bytes.
  public init(normalization: TokenizerConfiguration.Normalization = .none) {
    vocabulary = Vocabulary(standardWith: (0...255).map { [UInt8($0)] })
    self.normalization = normalization
  }

  /// The ids of a text, always the same.
  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    let first = Int32(SpecialTokens.standardNames.count)
    return normalization.withNormalized(text) { $0.map { Int32($0) + first } }
  }

  /// The bytes of the ids, special ids left out.
  public func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8] {
    vocabulary.joined(ids, separator: [])
  }
}
