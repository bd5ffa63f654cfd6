import SeqText
import Testing

@Suite struct PieceSpellingTests {
  @Test(
    "Every token has a spelling of its own without spaces, which leads back to it",
    arguments: RoundTripTests.configurations)
  func everyToken(configuration: TokenizerConfiguration) throws {
    let texts = RoundTripTests.difficult.filter { !$0.contains(0) } + SyntheticText.sentences(200)
    let codec = try TextCodec.train(configuration: configuration, sources: texts, targets: [])
    let spelling = PieceSpelling(codec.source)
    for id in 0..<Int32(codec.sourceVocabularySize) {
      let word = spelling.spelling(of: id)
      #expect(!word.isEmpty && !word.contains(0x20) && !word.contains(0x0A))
      #expect(String(validating: word, as: UTF8.self) != nil)
      #expect(spelling.id(of: word) == id, "\(String(decoding: word, as: UTF8.self))")
    }
  }

  @Test("Spaces, bytes and pieces that read like special tokens are told apart")
  func spellings() throws {
    func words(_ type: TokenizerConfiguration.Kind, _ text: String) throws -> String {
      let codec = try TextCodec.train(
        configuration: .init(type: type), sources: [Array(text.utf8)], targets: [])
      let spelling = PieceSpelling(codec.source)
      let words = codec.source.encode(text).map { spelling.spelling(of: $0) }
      return String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self)
    }
    #expect(try words(.character, "a ▁\\\t") == #"a ▁ \_ \\ \t"#)
    #expect(try words(.whitespace, "<s>  b") == #"\.<s> \e b"#)
    #expect(try words(.byte, "é ") == #"\xC3 \xA9 ▁"#)
  }
}
