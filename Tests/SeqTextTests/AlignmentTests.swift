import Foundation
import SeqText
import Testing

/// Links between words: read, kept beside pairs, and made links between tokens.
@Suite struct AlignmentTests {
  private func codec(_ configuration: TokenizerConfiguration) throws -> TextCodec {
    let texts = ["the small cat sat", "a cat sat on the mat", "the mat"].map { Array($0.utf8) }
    return try TextCodec.train(configuration: configuration, sources: texts, targets: texts)
  }

  @Test func spellings() {
    #expect(AlignmentLink("3-14") == AlignmentLink(source: 3, target: 14))
    for text in ["", "3", "3-", "-3", "3-4-5", "a-1", "3--4", "-1-2"] {
      #expect(AlignmentLink(text) == nil, "\(text)")
    }
  }

  /// Every token of a word is linked with every token of the other, and back again to words.
  @Test(arguments: [
    TokenizerConfiguration(type: .whitespace), TokenizerConfiguration(type: .character),
    TokenizerConfiguration(type: .byte),
    TokenizerConfiguration(type: .bpe, vocabularySize: 30),
    TokenizerConfiguration(type: .unigram, vocabularySize: 19, sourceBOS: true),
  ])
  func wordsAndTokens(configuration: TokenizerConfiguration) throws {
    let codec = try codec(configuration)
    let source = codec.encodeSource(Array("the small cat sat".utf8))
    let target = codec.encodeTarget(Array("a cat sat".utf8))
    let words = [(0, 0), (2, 1), (3, 2)].map { AlignmentLink(source: $0, target: $1) }
    let tokens = codec.tokenLinks(of: words, source: source, target: target)
    #expect(tokens.count >= 3)
    let first = configuration.sourceBOS ? 1 : 0
    #expect(tokens.allSatisfy { first..<source.count - 1 ~= $0.source })
    #expect(Set(tokens.map(\.target)) == Set(target.indices))
    let back = codec.wordLinks(
      of: tokens.map { AlignmentLink(source: $0.source - first, target: $0.target) },
      source: source, target: target)
    #expect(back == words)
    // A word that was cut away has no link.
    #expect(
      codec.tokenLinks(
        of: [AlignmentLink(source: 9, target: 0)], source: source, target: target
      ).isEmpty)
  }

  private func prepared(
    _ links: String, pairs: String = "the cat\ta cat\n\tempty\nthe mat\tthe mat\n"
  ) throws -> PreparedCorpus {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "alignments-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(pairs.utf8).write(to: folder.appendingPathComponent("pairs.tsv"))
    try Data(links.utf8).write(to: folder.appendingPathComponent("links"))
    return try PreparedCorpus.prepare(
      .train,
      of: CorpusConfiguration(
        root: folder.path,
        train: .table(pairs: "pairs.tsv", sourceColumn: 1, targetColumn: 2),
        alignments: "links"),
      codec: codec(TokenizerConfiguration(type: .whitespace)), into: folder)
  }

  /// A line is left out with its pair, and the others keep theirs.
  @Test func corporaKeepLinks() throws {
    let corpus = try prepared("0-0 1-1\n0-0\n1-1\n")
    #expect(corpus.count == 2)
    #expect(corpus.links(at: 0).map(\.description) == ["0-0", "1-1"])
    #expect(corpus.links(at: 1).map(\.description) == ["1-1"])
    #expect(Array(corpus.targetTokens(at: 1)).count == 2)
  }

  @Test(arguments: [
    ("0-0\n\n", "2 lines, the corpus has more"), ("0-0\n\n\n0-0\n", "more than the 3 lines"),
    ("0-0 x\n\n\n", "'x'"), ("0-2\n\n\n", "0-2"), ("2-0\n\n\n", "2-0"),
  ])
  func mistakesAreNamed(links: String, message: String) throws {
    let error = #expect(throws: TextError.self) { try prepared(links) }
    #expect("\(try #require(error))".contains(message))
  }
}
