import Foundation
import SeqText
import Testing

@Suite struct VocabularyTests {
  static func counter(_ words: String) -> VocabularyCounter {
    var counter = VocabularyCounter()
    for word in words.utf8.split(separator: 0x20) { counter.add(Array(word)) }
    return counter
  }

  static func words(_ vocabulary: Vocabulary) -> [String] {
    vocabulary.pieces.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("Frequent pieces come first, ties in byte order, after the special tokens")
  func order() {
    let vocabulary = VocabularyTests.counter("b a c b é e\u{301} c b").vocabulary()
    #expect(
      VocabularyTests.words(vocabulary).map { Array($0.utf8) }
        == ["<pad>", "<s>", "</s>", "<unk>", "b", "c", "a", "e\u{301}", "é"].map { Array($0.utf8) })
  }

  @Test("Rare pieces and those beyond the size are left out")
  func pruning() {
    let counter = VocabularyTests.counter("a a a b b c")
    #expect(
      VocabularyTests.words(counter.vocabulary(minimumFrequency: 2)).dropFirst(4) == ["a", "b"])
    #expect(counter.vocabulary(maximumSize: 5).count == 5)
    #expect(counter.vocabulary(maximumSize: 2).count == 4)
  }

  @Test("Text that reads like a special token is none")
  func specialSpelling() {
    let vocabulary = VocabularyTests.counter("a </s>").vocabulary()
    #expect(vocabulary.id(of: Array("</s>".utf8)) == 4)
    #expect(vocabulary.id(of: Array("<pad>".utf8)) == nil)
    let tokenizer = WhitespaceTokenizer(vocabulary: vocabulary)
    #expect(tokenizer.encode("a </s> <pad>") == [5, 4, 3])
  }

  @Test("A piece is found by its bytes alone, among many with common beginnings")
  func lookup() {
    var counter = VocabularyCounter()
    let pieces = Set((0..<3000).map { SyntheticText.anything($0).prefix(6) }.map(Array.init))
    for piece in pieces { counter.add(piece) }
    let vocabulary = counter.vocabulary()
    #expect(vocabulary.count == pieces.count + 4)
    for (id, piece) in vocabulary.pieces.enumerated().dropFirst(4) {
      #expect(vocabulary.id(of: piece) == Int32(id))
      #expect(vocabulary.id(of: piece + [0xFE]) == nil)
    }
  }

  @Test("A codec comes back from its directory", arguments: RoundTripTests.configurations)
  func directory(configuration: TokenizerConfiguration) throws {
    let directory = try TemporaryDirectory()
    var configuration = configuration
    configuration.sourceBOS = true
    configuration.sampling = .init(dropout: 0.3, alpha: 0.5)
    configuration.normalization = .nfc
    for shared in [true, false] {
      configuration.shared = shared
      let texts = SyntheticText.sentences(300) + RoundTripTests.difficult.filter { !$0.contains(0) }
      let codec = try TextCodec.train(
        configuration: configuration, sources: texts, targets: texts.dropLast(150))
      let folder = directory.url.appendingPathComponent("shared-\(shared)/model")
      try codec.save(to: folder)
      let again = try TextCodec(directory: folder)
      #expect(again.configuration == configuration)
      #expect(again.fingerprint == codec.fingerprint)
      for text in texts {
        #expect(again.encodeSource(text) == codec.encodeSource(text))
        #expect(again.encodeTarget(text) == codec.encodeTarget(text))
      }
      #expect(codec.encodeSource(texts[0]).first == 1 && codec.encodeSource(texts[0]).last == 2)
      if !shared, configuration.type == .whitespace {
        #expect(codec.sourceVocabularySize > codec.targetVocabularySize)
      }
    }
  }

  @Test("Letters become characters, phonemes words, and both come back from their folder")
  func twoFamilies() throws {
    let directory = try TemporaryDirectory()
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    let codec = try TextCodec.train(
      configuration: .init(type: .character, targetType: .whitespace, shared: false),
      sources: ["CAT", "DOG"].map(bytes), targets: ["K AE T", "D AO G"].map(bytes))
    #expect(codec.sourceVocabularySize == 4 + 6 && codec.targetVocabularySize == 4 + 6)
    try codec.save(to: directory.url)
    let again = try TextCodec(directory: directory.url)
    #expect(again.configuration == codec.configuration && again.fingerprint == codec.fingerprint)
    for codec in [codec, again] {
      #expect(codec.encodeSource(bytes("TAG")).count == 4)
      let ids = codec.encodeTarget(bytes("T AE G"))
      #expect(ids.count == 3 && codec.decodeTarget(ids) == "T AE G")
    }
    let other = try TextCodec.train(
      configuration: .init(type: .character, shared: false), sources: ["CAT", "DOG"].map(bytes),
      targets: ["K AE T", "D AO G"].map(bytes))
    #expect(
      codec.vocabularyDifference(from: other)
        == "tokenizer.target_type is whitespace, not character")
    // Bytes have no vocabulary file, on either side.
    let mixed = try TextCodec.train(
      configuration: .init(type: .byte, targetType: .character, shared: false),
      sources: ["CAT"].map(bytes), targets: ["ab"].map(bytes))
    try mixed.save(to: directory.url)
    #expect(try TextCodec(directory: directory.url).encodeSource(bytes("é")).count == 3)
  }

  @Test("A missing or damaged tokenizer file is named")
  func damage() throws {
    let directory = try TemporaryDirectory()
    func failure(_ body: () throws(TextError) -> Void) -> TextError? {
      do throws(TextError) { try body() } catch { return error }
      return nil
    }
    let missing = failure { () throws(TextError) in _ = try TextCodec(directory: directory.url) }
    #expect(missing?.kind == .missingInput)
    #expect(missing?.file?.hasSuffix("tokenizer.json") == true)

    let codec = try TextCodec.train(
      configuration: .init(type: .character), sources: [Array("abc".utf8)], targets: [])
    try codec.save(to: directory.url)
    try directory.write("shared.vocab", "<pad>\n<s>\n</s>\n<unk>\na\nb\\x\n")
    let escape = failure { () throws(TextError) in _ = try TextCodec(directory: directory.url) }
    #expect(escape?.line == 6)
    try directory.write("shared.vocab", "a\nb\n")
    let order = failure { () throws(TextError) in _ = try TextCodec(directory: directory.url) }
    #expect(order?.kind == .badData && order?.file?.hasSuffix("shared.vocab") == true)
    for (pieces, line) in [("a\nb\na\n", 7), ("a\n<pad>\n<pad>\n", 7)] {
      try directory.write("shared.vocab", "<pad>\n<s>\n</s>\n<unk>\n" + pieces)
      let again = failure { () throws(TextError) in _ = try TextCodec(directory: directory.url) }
      #expect(again?.line == line && again?.expected == "every piece once")
    }
    try directory.write("shared.vocab", Array("<pad>\n<s>\n</s>\n<unk>\na".utf8) + [0xFF])
    let bytes = failure { () throws(TextError) in _ = try TextCodec(directory: directory.url) }
    #expect(bytes?.line == 5 && bytes?.found == "not UTF-8 at byte 2")
    try directory.write("shared.vocab", "<pad>\n<s>\n")
    let short = failure { () throws(TextError) in _ = try TextCodec(directory: directory.url) }
    #expect(short?.found == "a vocabulary of 2 lines")
    try directory.write("tokenizer.json", "{\"version\": 1}")
    let json = failure { () throws(TextError) in _ = try TextCodec(directory: directory.url) }
    #expect(json?.kind == .badData && json?.file?.hasSuffix("tokenizer.json") == true)
  }
}
