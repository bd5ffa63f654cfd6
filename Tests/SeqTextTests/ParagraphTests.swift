import Foundation
import SeqText
import Testing

/// Sources of several paragraphs, from text to ids.
@Suite struct ParagraphTests {
  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func codec(
    _ configuration: TokenizerConfiguration = TokenizerConfiguration(
      type: .whitespace, paragraphSeparator: " ||| ")
  ) throws -> TextCodec {
    let texts = ["the small cat ||| a cat sat", "on the mat ||| the dog ||| sat"]
      .map(Self.bytes)
    return try TextCodec.train(configuration: configuration, sources: texts, targets: texts)
  }

  private func text(_ ids: [Int32], _ codec: TextCodec) -> String {
    codec.sourcePieces(of: ids).joined(separator: " ")
  }

  @Test(arguments: [
    ("the cat", "the cat </s>"), ("the cat ||| sat", "the cat </s> sat </s>"),
    ("the ||| cat ||| sat ||| ", "the </s> cat </s> sat </s>"),
    (" |||  ||| the ||| \t ||| cat", "the </s> cat </s>"),
    ("  the |||  cat\t", "the </s> cat </s>"), ("the|||cat", "<unk> </s>"),
    (" ||| ", "</s>"), ("", "</s>"),
  ])
  func everyParagraphEnds(source: String, expected: String) throws {
    let codec = try codec()
    #expect(text(codec.encodeSource(Self.bytes(source)), codec) == expected)
  }

  @Test func paragraphsBeginWhereSourcesDo() throws {
    let codec = try codec(
      TokenizerConfiguration(type: .whitespace, sourceBOS: true, paragraphSeparator: "|||"))
    #expect(
      text(codec.encodeSource(Self.bytes("the cat ||| sat")), codec)
        == "<s> the cat </s> <s> sat </s>")
  }

  @Test func withoutASeparatorATextIsOne() throws {
    let codec = try codec(TokenizerConfiguration(type: .whitespace))
    #expect(codec.paragraphs(of: Self.bytes("a ||| b")) == [Self.bytes("a ||| b")])
    #expect(text(codec.encodeSource(Self.bytes("a ||| cat")), codec) == "a ||| cat </s>")
  }

  /// What divides paragraphs is no text to learn from; targets are learned as they are.
  @Test func vocabulariesHoldNoSeparator() throws {
    let sources = [Self.bytes("a ||| b")], targets = [Self.bytes("c")]
    let codec = try TextCodec.train(
      configuration: TokenizerConfiguration(type: .whitespace, paragraphSeparator: " ||| "),
      sources: sources, targets: targets)
    #expect(codec.source.vocabulary.count == 4 + 3)
  }

  @Test(arguments: [
    TokenizerConfiguration(type: .byte, paragraphSeparator: "\u{1F} "),
    TokenizerConfiguration(type: .bpe, vocabularySize: 30, paragraphSeparator: " ||| "),
  ])
  func directoriesKeepTheSeparator(configuration: TokenizerConfiguration) throws {
    let directory = try TemporaryDirectory()
    let codec = try codec(configuration)
    try codec.save(to: directory.url)
    let again = try TextCodec(directory: directory.url)
    #expect(again.configuration == configuration)
    let separator = configuration.paragraphSeparator ?? ""
    let source = Self.bytes("the cat\(separator)sat")
    #expect(again.encodeSource(source) == codec.encodeSource(source))
    #expect(again.encodeSource(source).count { $0 == 2 } == 2)
    var other = configuration
    other.paragraphSeparator = nil
    #expect(configuration.differences(from: other).map(\.key) == ["paragraph_separator"])
    let plain = TextCodec(configuration: other, source: codec.source, target: codec.target)
    #expect(plain.fingerprint != codec.fingerprint)
    // An older directory does not know the key.
    try plain.save(to: directory.url)
    let json = try String(
      contentsOf: directory.url.appendingPathComponent("tokenizer.json"), encoding: .utf8)
    #expect(!json.contains("paragraph"))
    #expect(try TextCodec(directory: directory.url).configuration == other)
  }

  // MARK: JSON Lines

  private func entries(_ text: String, separator: String?) throws -> [PairReader.Entry] {
    let directory = try TemporaryDirectory()
    try directory.write("p.jsonl", text)
    let reader = try PairReader(
      .jsonLines(pairs: "p.jsonl", sourceKey: "source", targetKey: "target"),
      root: directory.url.path, paragraphSeparator: separator)
    var found: [PairReader.Entry] = []
    while let entry = try reader.next() { found.append(entry) }
    return found
  }

  @Test func listsAreParagraphs() throws {
    let found = try entries(
      """
      {"source": ["one", "two three", ""], "target": "x"}
      {"source": "one | two", "target": "x"}
      {"source": [], "target": "x"}
      {"source": ["one", "two | three"], "target": "x"}
      {"source": ["one", 2], "target": "x"}
      {"source": ["one"], "target": ["x"]}
      {"source": ["one |", "two"], "target": "x"}
      """, separator: " | ")
    #expect(
      found == [
        .pair(TextPair(line: 1, source: Self.bytes("one | two three | "), target: [0x78])),
        .pair(TextPair(line: 2, source: Self.bytes("one | two"), target: [0x78])),
        .pair(TextPair(line: 3, source: [], target: [0x78])),
        .malformed(
          line: 4, reason: "a paragraph of 'source' holds ' | ', what stands between two"),
        .malformed(line: 5, reason: "the value of 'source' is no string"),
        .malformed(line: 6, reason: "the value of 'target' is no string"),
        // The first end of the separator is in the paragraph.
        .malformed(
          line: 7, reason: "a paragraph of 'source' holds ' | ', what stands between two"),
      ])
    #expect(
      try entries("{\"source\": [\"one\"], \"target\": \"x\"}\n", separator: nil) == [
        .malformed(
          line: 1,
          reason: "the value of 'source' is a list, as of paragraphs, which needs "
            + "tokenizer.paragraph_separator")
      ])
  }

  // MARK: Corpora

  private func prepared(
    _ sources: String, _ codec: TextCodec, maxLength: Int = 100,
    onLong: CorpusConfiguration.LongPairs = .skip, links: String? = nil
  ) throws -> PreparedCorpus {
    let directory = try TemporaryDirectory()
    let lines = sources.split(separator: "\n").map { "\($0)\tcat\n" }.joined()
    try directory.write("pairs.tsv", lines)
    if let links { try directory.write("links", links) }
    return try PreparedCorpus.prepare(
      .train,
      of: CorpusConfiguration(
        root: directory.url.path,
        train: .table(pairs: "pairs.tsv", sourceColumn: 1, targetColumn: 2),
        alignments: links.map { _ in "links" }, maxLength: maxLength, onLong: onLong),
      codec: codec, into: directory.url)
  }

  @Test func emptyAndCutSources() throws {
    let codec = try codec()
    let corpus = try prepared(
      "the cat ||| sat\n ||| \nthe cat ||| sat on ||| mat\nthe small cat ||| sat\n", codec,
      maxLength: 3, onLong: .truncate)
    #expect(corpus.report.emptyCount == 1 && corpus.report.usedCount == 3)
    // The end of the first paragraph counts, and none is left without text behind a cut.
    #expect(
      (0..<3).map { text(Array(corpus.sourceTokens(at: $0)), codec) } == [
        "the cat </s>", "the cat </s>", "the small cat </s>",
      ])
    let skipping = try prepared("the cat ||| sat\nthe cat sat\n", codec, maxLength: 3)
    #expect(skipping.report.tooLongCount == 1)
    #expect(skipping.report.firstSkipped[0].detail == "the source has 4 tokens, more than 3")
  }

  /// Every paragraph is segmented by itself, and again as the same text.
  @Test func sampledSegmentations() throws {
    let codec = try codec(
      TokenizerConfiguration(
        type: .bpe, vocabularySize: 30, sampling: .init(dropout: 0.5),
        paragraphSeparator: " ||| "))
    let corpus = try prepared("the small cat ||| the small cat ||| the mat\n", codec)
    var segmentations: Set<[Int32]> = []
    var differ = false
    for key in 0..<20 {
      let source = corpus.sampled(at: 0, key: UInt64(key)).source
      let paragraphs = source.split(separator: 2)
      #expect(source.count { $0 == 2 } == 3)
      #expect(
        paragraphs.map { codec.source.decode($0) } == ["the small cat", "the small cat", "the mat"])
      segmentations.insert(source)
      if Array(paragraphs[0]) != Array(paragraphs[1]) { differ = true }
    }
    #expect(segmentations.count > 10 && differ)
  }

  // MARK: Words and tokens

  /// Words go on from paragraph to paragraph; ends are no words.
  @Test(arguments: [
    TokenizerConfiguration(type: .whitespace, paragraphSeparator: " ||| "),
    TokenizerConfiguration(type: .character, sourceBOS: true, paragraphSeparator: " ||| "),
    TokenizerConfiguration(type: .bpe, vocabularySize: 30, paragraphSeparator: " ||| "),
  ])
  func linksCountText(configuration: TokenizerConfiguration) throws {
    let codec = try codec(configuration)
    let source = codec.encodeSource(Self.bytes("the small ||| cat ||| sat on"))
    let target = codec.encodeTarget(Self.bytes("a cat sat"))
    let words = [(0, 0), (2, 1), (3, 2)].map { AlignmentLink(source: $0, target: $1) }
    let tokens = codec.tokenLinks(of: words, source: source, target: target)
    #expect(tokens.allSatisfy { ![1, 2].contains(source[$0.source]) })
    let places = codec.textPlaces(of: source)
    #expect(places.allSatisfy { ![1, 2].contains(source[$0]) })
    #expect(source.count - places.count == (configuration.sourceBOS ? 6 : 3))
    let back = codec.wordLinks(
      of: tokens.map {
        AlignmentLink(source: places.firstIndex(of: $0.source) ?? -1, target: $0.target)
      }, source: source, target: target)
    #expect(back == words)
  }

  @Test func linksOfACorpus() throws {
    let codec = try codec()
    #expect(
      try prepared("the cat ||| sat\n", codec, links: "2-0\n").links(at: 0).map(\.description)
        == ["2-0"])
    #expect(throws: TextError.self) {
      try prepared("the cat ||| sat\n", codec, links: "3-0\n")
    }
  }

  /// A word that the vocabulary lacks has one number in all paragraphs.
  @Test func unknownWords() throws {
    var codec = try codec()
    codec.numbersUnknownWords = true
    let source = Self.bytes("the Zoë ||| Kim sat ||| Zoë")
    let count = Int32(codec.targetVocabularySize)
    let ids = codec.encodeSource(source)
    #expect(ids[1] == count && ids[3] == count + 1 && ids[6] == count)
    #expect(codec.unknownWords(of: source).words == [Self.bytes("Zoë"), Self.bytes("Kim")])
    let target = codec.encodeTarget(Self.bytes("Kim sat"), copyingFrom: source, ids)
    #expect(target.first == count + 1)
    #expect(
      codec.sourceSurfaces(of: source)?.map { String(decoding: $0, as: UTF8.self) }
        == ["the", "Zoë", "Kim", "sat", "Zoë"])
  }
}
