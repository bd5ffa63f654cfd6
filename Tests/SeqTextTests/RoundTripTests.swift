import Foundation
import SeqText
import Testing

/// Decoding gives back what was encoded.
@Suite struct RoundTripTests {
  static let difficult = [
    "", " ", "  ", "a", " a", "a ", "  two  spaces  inside  ", "tab\tand\u{A0}no-break",
    "안녕하세요, 번역기입니다.", "\u{1112}\u{1161}\u{11AB}", "👩‍👩‍👧‍👦🇰🇷 e\u{301}é", "carriage\rreturn\r",
    "<s> </s> <pad> <unk> <0x41>", "a\u{301}\u{320} \u{301}", "▁", "a▁b ▁ c▁", "\\n \\\\ \\t",
    "\u{FEFF}bom\u{200B}", "\u{0}",
  ].map { Array($0.utf8) }

  static func configuration(
    _ type: TokenizerConfiguration.Kind, unit: TokenizerConfiguration.CharacterUnit = .scalar
  ) -> TokenizerConfiguration {
    TokenizerConfiguration(
      type: type, vocabularySize: [.bpe, .unigram].contains(type) ? 420 : nil, unit: unit,
      byteFallback: [.bpe, .unigram].contains(type))
  }

  static let configurations: [TokenizerConfiguration] = [
    configuration(.character), configuration(.character, unit: .grapheme),
    configuration(.whitespace), configuration(.byte), configuration(.bpe), configuration(.unigram),
  ]

  @Test("Text that the vocabulary covers comes back byte for byte", arguments: configurations)
  func coveredText(configuration: TokenizerConfiguration) throws {
    // A null character ends SentencePiece's training line.
    let texts = RoundTripTests.difficult + SyntheticText.sentences(300)
    let codec = try TextCodec.train(
      configuration: configuration, sources: texts.filter { !$0.contains(0) },
      targets: configuration.type == .character || configuration.type == .whitespace ? texts : [])
    for text in texts {
      let ids = codec.encodeTarget(text)
      #expect(ids.allSatisfy { $0 > 3 }, "\(String(decoding: text, as: UTF8.self))")
      #expect(codec.target.decodeBytes(ids) == text, "\(String(decoding: text, as: UTF8.self))")
      #expect(Array(codec.decodeTarget(ids).utf8) == text)
    }
  }

  @Test(
    "With bytes to fall back on, any text comes back",
    arguments: [configuration(.byte), configuration(.bpe), configuration(.unigram)])
  func unseenText(configuration: TokenizerConfiguration) throws {
    let codec = try TextCodec.train(
      configuration: configuration, sources: SyntheticText.sentences(300), targets: [])
    let sampling = TokenizerConfiguration.Sampling(dropout: 0.5, alpha: 0.1)
    for number in 0..<1000 {
      let text = SyntheticText.anything(number)
      #expect(codec.target.decodeBytes(codec.encodeTarget(text)) == text)
      let sampled = codec.target.encode(text, sampling: sampling, key: UInt64(number))
      #expect(codec.target.decodeBytes(sampled) == text)
    }
  }

  @Test("What is not covered is one unknown token, written ⁇")
  func unknownText() throws {
    for type in [TokenizerConfiguration.Kind.character, .whitespace, .bpe, .unigram] {
      var configuration = RoundTripTests.configuration(type)
      configuration.byteFallback = false
      configuration.vocabularySize = type == .bpe ? 12 : type == .unigram ? 9 : nil
      let texts = ["abc", "aab", "bc a", "ab", "c"].map { Array($0.utf8) }
      let codec = try TextCodec.train(configuration: configuration, sources: texts, targets: [])
      let ids = codec.target.encode("a 漢")
      #expect(ids.filter { $0 == 3 }.count == 1, "\(type)")
      #expect(codec.decodeTarget([1] + ids + [2, 0, 0]) == "a \u{2047}", "\(type)")
    }
  }

  @Test("Without normalisation decomposed text stays decomposed; with it forms agree")
  func normalisation() throws {
    let decomposed = Array("e\u{301} \u{1112}\u{1161}\u{11AB} ﬁ".utf8)
    let expected: [(TokenizerConfiguration.Normalization, String)] = [
      (.none, "e\u{301} \u{1112}\u{1161}\u{11AB} ﬁ"), (.nfc, "\u{E9} 한 ﬁ"), (.nfkc, "\u{E9} 한 fi"),
    ]
    for (normalization, text) in expected {
      for type in TokenizerConfiguration.Kind.allCases {
        var configuration = RoundTripTests.configuration(type)
        configuration.normalization = normalization
        let codec = try TextCodec.train(
          configuration: configuration, sources: SyntheticText.sentences(200) + [decomposed],
          targets: [])
        let decoded = codec.target.decodeBytes(codec.encodeTarget(decomposed))
        #expect(decoded == Array(text.utf8), "\(type) \(normalization)")
      }
    }
  }

  @Test("Composed forms are those of Unicode where Foundation's are not")
  func composition() {
    let cases: [(TokenizerConfiguration.Normalization, String, String)] = [
      // A Hangul syllable takes a final consonant in.
      (.nfc, "국어\u{11AB}", "국\u{C5B8}"), (.nfkc, "국어\u{11AB}", "국\u{C5B8}"),
      // The half-width mark becomes one that lets the accent behind it through to the letter.
      (.nfkc, "A\u{FF9E}\u{301}", "\u{C1}\u{3099}"), (.nfc, "q\u{307}\u{323}", "q\u{323}\u{307}"),
    ]
    for (normalization, text, expected) in cases {
      let tokenizer = ByteTokenizer(normalization: normalization)
      #expect(tokenizer.decodeBytes(tokenizer.encode(text)) == Array(expected.utf8))
    }
  }

  @Test("Stray spaces are dropped by a whitespace tokenizer that never saw any")
  func strayedSpaces() throws {
    let codec = try TextCodec.train(
      configuration: RoundTripTests.configuration(.whitespace),
      sources: [Array("a b".utf8)], targets: [])
    #expect(codec.target.encode("  a   b ") == codec.target.encode("a b"))
    #expect(codec.target.encode("a b").count == 2)
  }

  @Test("Bytes a model puts together wrongly are repaired, not trapped on")
  func brokenBytes() {
    let tokenizer = ByteTokenizer()
    let ids = tokenizer.encode("한")
    #expect(tokenizer.decode(ids.dropLast() + tokenizer.encode("!")) == "\u{FFFD}!")
  }
}
