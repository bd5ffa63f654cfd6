import Foundation
import Testing

import SeqText

/// Tokenizers of other programs against what those programs give, as
/// `Scripts/goldens/hugging_face_tokenizers.py` recorded it.
@Suite struct HuggingFaceTokenizerTests {
  struct Expected: Decodable {
    struct Case: Decodable {
      var text: String
      var ids: [Int32]
      /// With what the model wants around a text.
      var framed: [Int32]
      /// Nil where a token is unknown.
      var decoded: String?
    }

    var folder: String
    var side: String
    var cases: [Case]
  }

  static let names = [
    "t5-model", "user-defined", "t5", "t5-older", "bart", "bart-files", "marian-source",
    "marian-target",
    "byte-fallback", "words", "divided",
  ]

  static func folder(_ name: String) throws -> URL {
    try #require(
      Bundle.module.url(
        forResource: name, withExtension: nil, subdirectory: "Fixtures/tokenizers"))
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    let parts = name.split(separator: "/").map(String.init)
    return Array(try Data(contentsOf: try folder(parts[0]).appendingPathComponent(parts[1])))
  }

  fileprivate static func expected(_ name: String) throws -> Expected {
    let file = try folder("expected").appendingPathComponent(name + ".json")
    return try JSONDecoder().decode(Expected.self, from: try Data(contentsOf: file))
  }

  private static func check(_ codec: TextCodec, against expected: Expected) {
    let tokenizer = expected.side == "source" ? codec.source : codec.target
    #expect(expected.cases.count > 50)
    for known in expected.cases {
      let ids = tokenizer.encode(known.text)
      #expect(ids == known.ids, "\(known.text.debugDescription)")
      if expected.side == "source" {
        #expect(codec.encodeSource(Array(known.text.utf8)) == known.framed)
      }
      guard let decoded = known.decoded else { continue }
      // By bytes: as strings, composed and decomposed text are equal.
      #expect(
        Array(tokenizer.decode(known.ids).utf8) == Array(decoded.utf8),
        "\(known.text.debugDescription)")
    }
  }

  @Test("ids and text equal those of the reference libraries", arguments: names)
  func equalsReference(name: String) throws {
    let expected = try Self.expected(name)
    let codec = try TextCodec(reading: try Self.folder(expected.folder))
    Self.check(codec, against: expected)
  }

  @Test("a model directory keeps a tokenizer's files byte for byte", arguments: names)
  func modelDirectory(name: String) throws {
    let expected = try Self.expected(name)
    let codec = try TextCodec(huggingFace: try Self.folder(expected.folder))
    let directory = try TemporaryDirectory()
    try codec.save(to: directory.url)
    for path in [directory.url, directory.url.appendingPathComponent("")] {
      let read = try TextCodec(reading: path)
      Self.check(read, against: expected)
      #expect(read.configuration == codec.configuration)
      #expect(read.fingerprint == codec.fingerprint)
      #expect(read.vocabularyDifference(from: codec) == nil)
      #expect(
        read.target.vocabulary.specialTokens == codec.target.vocabulary.specialTokens)
    }
  }

  @Test("the original files stand in the model directory")
  func originalFiles() throws {
    func saved(_ folder: String, _ name: String) throws -> [UInt8] {
      let directory = try TemporaryDirectory()
      try TextCodec(huggingFace: try Self.folder(folder)).save(to: directory.url)
      return Array(try Data(contentsOf: directory.url.appendingPathComponent(name)))
    }
    #expect(try saved("bart", "shared.tokenizer.json") == Self.bytes("bart/tokenizer.json"))
    #expect(try saved("marian", "source.spm") == Self.bytes("marian/source.spm"))
    #expect(try saved("marian", "target.vocab.json") == Self.bytes("marian/vocab.json"))
    #expect(try saved("t5-model", "shared.model") == Self.bytes("t5-model/spiece.model"))
  }

  @Test("special tokens are found by their names, or by what the settings call them")
  func specialTokens() throws {
    func tokens(_ name: String) throws -> SpecialTokens {
      try TextCodec(huggingFace: try Self.folder(name)).source.vocabulary.specialTokens
    }
    // T5 and MarianMT have no beginning: their decoders start from padding.
    let t5 = SpecialTokens(padding: 0, beginning: 0, end: 1, unknown: 2)
    #expect(try tokens("t5") == t5)
    #expect(try tokens("t5-model") == t5)
    #expect(
      try tokens("bart") == SpecialTokens(padding: 1, beginning: 0, end: 2, unknown: 3))
    let marian = try TextCodec(huggingFace: try Self.folder("marian")).source.vocabulary
    let last = Int32(marian.count - 1)
    #expect(
      marian.specialTokens == SpecialTokens(padding: last, beginning: last, end: 0, unknown: 1))

    let directory = try TemporaryDirectory()
    try directory.write("tokenizer.json", try Self.bytes("bart/tokenizer.json"))
    try directory.write(
      "tokenizer_config.json", #"{"pad_token": {"content": "<unk>"}, "bos_token": "</s>"}"#)
    let codec = try TextCodec(huggingFace: directory.url)
    #expect(
      codec.source.vocabulary.specialTokens
        == SpecialTokens(padding: 3, beginning: 2, end: 2, unknown: 3))
  }

  @Test("T5's extra tokens are numbered from behind, and text is searched for them")
  func extraTokens() throws {
    let model = try TextCodec(huggingFace: try Self.folder("t5-model"))
    let json = try TextCodec(huggingFace: try Self.folder("t5"))
    #expect(model.source.vocabulary.pieces == json.source.vocabulary.pieces)
    let text = "the <extra_id_0> river<extra_id_3>"
    let ids = model.source.encode(text)
    #expect(ids == json.source.encode(text))
    #expect(ids.contains(Int32(model.sourceVocabularySize - 1)))
    #expect(model.source.decode(ids) == "the river")
  }

  @Test("words are counted by the spaces that pieces begin with")
  func words() throws {
    for name in ["t5", "t5-model", "bart", "marian", "byte-fallback"] {
      let tokenizer = try TextCodec(huggingFace: try Self.folder(name)).source
      let words = tokenizer.words(of: tokenizer.encode("the river under the bridge"))
      #expect(Set(words) == [0, 1, 2, 3, 4], "\(name)")
      #expect(words == words.sorted())
    }
    let tokenizer = try TextCodec(huggingFace: try Self.folder("words")).source
    #expect(Set(tokenizer.words(of: tokenizer.encode("small river bridge"))) == [0, 1, 2])
  }

  @Test("many tasks on one tokenizer give what one gives")
  func concurrency() async throws {
    let codec = try TextCodec(huggingFace: try Self.folder("bart"))
    let texts = try Self.expected("bart").cases.map(\.text)
    let alone = texts.map { codec.source.encode($0) }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { texts.map { codec.source.encode($0) } == alone } }
      for await isEqual in group { #expect(isEqual) }
    }
  }
}

extension HuggingFaceTokenizerTests {
  @Test("a text that grows token by token is never taken back", arguments: names)
  func stream(name: String) throws {
    let expected = try Self.expected(name)
    let codec = try TextCodec(reading: try Self.folder(expected.folder))
    for known in expected.cases where expected.side == "target" || !name.hasPrefix("marian") {
      var stream = TargetTextStream(codec)
      var written = known.ids.indices.map { stream.addition(for: Array(known.ids[...$0])) }
      written.append(stream.rest(of: known.ids))
      // By bytes: an addition may begin with a mark.
      #expect(
        written.flatMap { Array($0.utf8) } == Array(codec.decodeTarget(known.ids).utf8),
        "\(known.text.debugDescription)")
    }
  }
}
