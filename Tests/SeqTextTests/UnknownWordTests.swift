import Foundation
import SeqText
import Testing

/// Words of a source that have numbers because the vocabulary lacks them.
@Suite struct UnknownWordTests {
  private func codec(_ type: TokenizerConfiguration.Kind = .whitespace) throws -> TextCodec {
    var codec = try TextCodec.train(
      configuration: TokenizerConfiguration(type: type),
      sources: [Array("the cat sat on the mat".utf8)], targets: [Array("a dog".utf8)])
    #expect(codec.canNumberUnknownWords)
    codec.numbersUnknownWords = true
    return codec
  }

  @Test func wordsHaveTheNumbersOfTheirFirstPlaces() throws {
    let codec = try codec()
    let count = Int32(codec.targetVocabularySize)
    let text = Array("the Zoë sat on Kim the Zoë".utf8)
    let ids = codec.encodeSource(text)
    #expect(ids[1] == count && ids[4] == count + 1 && ids[6] == count)
    #expect(ids.last == 2)
    #expect(
      codec.unknownWords(of: text).words.map { String(decoding: $0, as: UTF8.self) } == [
        "Zoë", "Kim",
      ])
    // Text outside the source stays unknown.
    let target = codec.encodeTarget(Array("Kim sat Bob Zoë".utf8), copyingFrom: text, ids)
    #expect(target[0] == count + 1 && target[2] == 3 && target[3] == count)
    let words = codec.unknownWords(of: text)
    #expect(codec.decodeTarget(target, words: words) == "Kim sat ⁇ Zoë")
    #expect(codec.decodeTarget(target) == "⁇2 sat ⁇ ⁇1")
    #expect(codec.targetPieces(of: target, words: words) == ["Kim", "sat", "<unk>", "Zoë"])
  }

  /// A word whose place was cut away is unknown to the target.
  @Test func cutWordsAreUnknown() throws {
    let codec = try codec()
    let text = Array("Zoë sat Kim".utf8)
    let ids = Array(codec.encodeSource(text).prefix(2))
    let target = codec.encodeTarget(Array("Kim Zoë".utf8), copyingFrom: text, ids)
    #expect(target == [3, Int32(codec.targetVocabularySize)])
  }

  @Test func charactersHaveNumbersToo() throws {
    let codec = try codec(.character)
    let text = Array("cQ한Q".utf8)
    let ids = codec.encodeSource(text)
    let target = codec.encodeTarget(Array("한Q".utf8), copyingFrom: text, ids)
    #expect(codec.decodeTarget(target, words: codec.unknownWords(of: text)) == "한Q")
  }

  /// Streams and a prepared corpus keep the numbers; so does the corpus's origin.
  @Test func corporaKeepNumbers() throws {
    var codec = try codec()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "unknown-words-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("pairs.tsv")
    try Data("Zoë sat Kim\tKim Zoë a\nthe cat\ta dog\n".utf8).write(to: file)
    let corpus = CorpusConfiguration(
      root: folder.path,
      train: .table(pairs: "pairs.tsv", sourceColumn: 1, targetColumn: 2), maxSourceLength: 2,
      onLong: .truncateSource)
    let prepared = try PreparedCorpus.prepare(.train, of: corpus, codec: codec, into: folder)
    let count = Int32(codec.targetVocabularySize)
    #expect(prepared.sourceTokens(at: 0).contains(count))
    // The source was cut before its third word.
    #expect(Array(prepared.targetTokens(at: 0).prefix(2)) == [3, count])
    codec.numbersUnknownWords = false
    #expect(throws: TextError.self) {
      try PreparedCorpus.prepare(.train, of: corpus, codec: codec, into: folder)
    }
  }

  @Test func streamedTextHasTheWords() throws {
    let codec = try codec()
    let text = Array("Zoë sat".utf8)
    let target = codec.encodeTarget(
      Array("a Zoë sat".utf8), copyingFrom: text, codec.encodeSource(text))
    var stream = TargetTextStream(codec, words: codec.unknownWords(of: text))
    let written = (1...3).map { stream.addition(for: Array(target.prefix($0))) }
    #expect(written.joined() == "a Zoë sat")
  }
}
