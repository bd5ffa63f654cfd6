import SeqText
import Testing

@Suite struct SentencePieceTrainingTests {
  static func train(
    _ algorithm: SentencePieceTraining.Algorithm, size: Int, texts: [[UInt8]],
    byteFallback: Bool = false
  ) throws(TextError) -> [UInt8] {
    var rest = texts[...]
    return try SentencePieceTraining(
      algorithm: algorithm, vocabularySize: size, byteFallback: byteFallback
    ).run { rest.popFirst() }
  }

  @Test(
    "The same text gives the same model",
    arguments: [SentencePieceTraining.Algorithm.bpe, .unigram])
  func deterministic(algorithm: SentencePieceTraining.Algorithm) throws {
    let texts = SyntheticText.sentences(400)
    let first = try SentencePieceTrainingTests.train(algorithm, size: 120, texts: texts)
    #expect(try SentencePieceTrainingTests.train(algorithm, size: 120, texts: texts) == first)
    let other = try SentencePieceTrainingTests.train(algorithm, size: 121, texts: texts)
    #expect(other != first)
  }

  @Test("Counted words teach BPE the same pieces as the text does")
  func countedWords() throws {
    var texts = SyntheticText.sentences(400)
    // Spaces in odd places, tabs, what looks like a special token, a ▁ of the text's own.
    for text in ["  two  before", "one after ", " ", "a\tb\tc a\tb", "<s> and</s>", "own▁mark", ""]
    {
      texts += [Array(text.utf8), Array(text.utf8)]
    }
    texts.append(Array(" odd".utf8))
    for byteFallback in [false, true] {
      var training = SentencePieceTraining(
        algorithm: .bpe, vocabularySize: byteFallback ? 500 : 250, byteFallback: byteFallback)
      #expect(training.countsWords)
      var lines = texts[...]
      let counted = try SentencePieceModel(serialized: training.run { lines.popFirst() })
      training.countsWords = false
      lines = texts[...]
      let plain = try SentencePieceModel(serialized: training.run { lines.popFirst() })
      #expect(counted.pieceCount == plain.pieceCount)
      for id in 0..<Int32(counted.pieceCount) {
        #expect(counted.piece(id) == plain.piece(id))
        #expect(counted.score(id) == plain.score(id))
      }
    }
  }

  @Test("Ids begin with <pad> <s> </s> <unk>, and the size is exact")
  func specialTokens() throws {
    let model = try SentencePieceTrainingTests.train(
      .bpe, size: 300, texts: SyntheticText.sentences(400))
    let vocabulary = try SentencePieceTokenizer(serializedModel: model).vocabulary
    #expect(vocabulary.count == 300)
    #expect(vocabulary.specialTokens == .standard)
    #expect(
      VocabularyTests.words(vocabulary).prefix(4).elementsEqual(["<pad>", "<s>", "</s>", "<unk>"]))
  }

  @Test(
    "A vocabulary too large names the largest, and that one works",
    arguments: [SentencePieceTraining.Algorithm.bpe, .unigram])
  func tooLarge(algorithm: SentencePieceTraining.Algorithm) throws {
    let texts = SyntheticText.sentences(30)
    let error = #expect(throws: TextError.self) {
      try SentencePieceTrainingTests.train(algorithm, size: 30_000, texts: texts)
    }
    #expect(error?.kind == .configuration)
    #expect(error?.found.contains("30000") == true)
    let largest = try #require(
      error?.expected?.split(separator: " ").last.flatMap { Int(String($0)) })
    let model = try SentencePieceTrainingTests.train(algorithm, size: largest, texts: texts)
    #expect(try SentencePieceTokenizer(serializedModel: model).vocabulary.count == largest)
  }

  @Test(
    "A vocabulary too small for the characters names the smallest, and that one works",
    arguments: [SentencePieceTraining.Algorithm.bpe, .unigram])
  func tooSmall(algorithm: SentencePieceTraining.Algorithm) throws {
    let texts = SyntheticText.sentences(30)
    for byteFallback in [false, true] {
      let error = #expect(throws: TextError.self) {
        try SentencePieceTrainingTests.train(
          algorithm, size: 12, texts: texts, byteFallback: byteFallback)
      }
      #expect(error?.kind == .configuration)
      #expect(error?.hint?.contains("vocabulary_size") == true)
      let smallest = try #require(
        error?.expected?.split(separator: " ").last.flatMap { Int(String($0)) })
      #expect(smallest > (byteFallback ? 260 : 12))
      _ = try SentencePieceTrainingTests.train(
        algorithm, size: smallest, texts: texts, byteFallback: byteFallback)
    }
    for size in [-1, 0, 4, Int.max] {
      let error = #expect(throws: TextError.self) {
        try SentencePieceTrainingTests.train(algorithm, size: size, texts: texts)
      }
      #expect(error?.kind == .configuration)
    }
  }

  @Test("No text, an unset size and bytes that are no model are errors, not traps")
  func refusals() throws {
    let none = #expect(throws: TextError.self) {
      try TextCodec.train(
        configuration: .init(type: .bpe, vocabularySize: 100), sources: [[]], targets: [])
    }
    #expect(none?.found == "no text to learn a vocabulary from")
    let unset = #expect(throws: TextError.self) {
      try TextCodec.train(configuration: .init(type: .unigram), sources: [[65]], targets: [])
    }
    #expect(unset?.kind == .configuration)
    let bytes = #expect(throws: TextError.self) {
      try SentencePieceTokenizer(serializedModel: Array("not a model".utf8), file: "x.model")
    }
    #expect(bytes?.kind == .badData && bytes?.file == "x.model")
  }
}
