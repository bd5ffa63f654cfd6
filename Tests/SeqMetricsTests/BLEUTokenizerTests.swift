import SeqMetrics
import Testing

@Suite struct BLEUTokenizerTests {
  @Test(arguments: [BLEU.Tokenizer.none, .mteval13a, .character, .international])
  func tokensAreThoseOfSacreBLEU(_ tokenizer: BLEU.Tokenizer) throws {
    let fixture = try BLEUFixture.recorded.get()
    let recorded = try #require(
      fixture.tokenized.first { bytes($0.tokenizer) == bytes(tokenizer.rawValue) })
    for (segment, expected) in zip(recorded.segments, recorded.tokens) {
      var line = bytes(fixture.texts[segment])
      Whitespace.trimEnd(of: &line)
      let tokens = tokenizer.tokens(in: String(decoding: line, as: UTF8.self))
      #expect(tokens.map(bytes) == expected.map(bytes), "segment \(segment)")
    }
  }

  @Test(
    arguments: [
      ("It's 3.14, i.e. 1,000.", "It's 3.14 , i . e . 1,000 ."),
      ("in 2024.", "in 2024 ."),
      ("7-up, well-known", "7 - up , well-known"),
      ("&quot;a&quot; &amp;lt; &amp;quot;", "\" a \" < & quot ;"),
      ("up-\nward\nnow", "upward now"),
    ])
  func mteval13aRules(_ line: String, _ expected: String) {
    let tokens = BLEU.Tokenizer.mteval13a.tokens(in: line)
    #expect(tokens.map(bytes) == expected.split(separator: " ").map { Array($0.utf8) })
  }

  @Test(
    arguments: [
      ("It's 3.14, i.e. 1,000.", "It ' s 3.14 , i . e . 1,000."),
      ("in 2024.", "in 2024."),
      ("٣٫١٤، $5 “x”", "٣٫١٤ ، $ 5 “ x ”"),
      ("。。안녕", "。 。 안녕"),
    ])
  func internationalRules(_ line: String, _ expected: String) {
    let tokens = BLEU.Tokenizer.international.tokens(in: line)
    #expect(tokens.map(bytes) == expected.split(separator: " ").map { Array($0.utf8) })
  }

  @Test func charactersAreScalars() {
    let tokens = BLEU.Tokenizer.character.tokens(in: "e\u{301} \u{D55C}\u{3000}\r\n")
    #expect(tokens.map(bytes) == ["e", "\u{301}", "\u{D55C}"].map(bytes))
  }
}
