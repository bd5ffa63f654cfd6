import Testing

import SeqText

/// Our segmentation against the library's over whole corpora.
@Suite struct SentencePieceGoldenTests {
  static let english = "multi30k/train.en"
  static let korean = "korean_chatbot/train.tsv"
  static let unseen = ["multi30k/val.de", "sae4k_korean/valid.tsv", "codexglue_java_cs/valid.cs"]

  @Test(
    "Without sampling, segmentation equals SentencePiece's on seen and unseen text",
    .enabled(if: LocalCorpora.has(english), "no corpora beside the package"),
    arguments: [
      (SentencePieceTraining.Algorithm.bpe, english, false),
      (.bpe, korean, true), (.unigram, english, true), (.unigram, korean, false),
    ])
  func equalsLibrary(
    algorithm: SentencePieceTraining.Algorithm, file: String, byteFallback: Bool
  ) throws {
    let training = try LocalCorpora.lines(file, limit: 8000)
    var rest = training[...]
    let model = try SentencePieceTraining(
      algorithm: algorithm, vocabularySize: 4000, byteFallback: byteFallback
    ).run { rest.popFirst() }
    let tokenizer = try SentencePieceTokenizer(serializedModel: model)
    let texts =
      try training
      + SentencePieceGoldenTests.unseen.flatMap {
        try LocalCorpora.lines($0, limit: 1000)
      }
    var differences = 0
    for text in texts {
      let ours = tokenizer.encode(text)
      if try ours != tokenizer.model.encode(text) { differences += 1 }
      if try tokenizer.decodeBytes(ours) != tokenizer.model.decode(ours), byteFallback {
        differences += 1
      }
    }
    #expect(texts.count > 10_000)
    #expect(differences == 0)
  }
}
