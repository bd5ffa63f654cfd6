import Foundation
import SeqText
import Testing

@Suite struct PreparedCorpusTests {
  static func byteCodec(
    _ configuration: TokenizerConfiguration = .init(type: .byte)
  ) throws -> TextCodec {
    try TextCodec.train(configuration: configuration, sources: [], targets: [])
  }

  static func parallel(
    _ directory: TemporaryDirectory, maxLength: Int = 20,
    onLong: CorpusConfiguration.LongPairs = .skip
  ) -> CorpusConfiguration {
    let files = CorpusConfiguration.Source.parallel(source: "a", target: "b")
    return CorpusConfiguration(
      root: directory.url.path, train: files, validation: files, maxLength: maxLength,
      onLong: onLong)
  }

  @Test("Tokens, lengths, line numbers and texts come back as they were encoded")
  func contents() throws {
    let directory = try TemporaryDirectory()
    let sources = SyntheticText.sentences(2000)
    let targets = sources.map { Array($0.reversed().filter { $0 < 0x80 }) + [0x21] }
    try directory.write("a", sources.joined(separator: [0x0A]))
    try directory.write("b", targets.joined(separator: [0x0A]))
    let configuration = PreparedCorpusTests.parallel(directory, maxLength: 1000)
    let codec = try TextCodec.train(
      configuration: .init(type: .character, sourceBOS: true), sources: sources, targets: targets)
    for part in [PreparedCorpus.Part.train, .validation] {
      let corpus = try PreparedCorpus.prepare(
        part, of: configuration, codec: codec, into: directory.url)
      #expect(corpus.count == 2000 && corpus.report.usedCount == 2000)
      for position in 0..<corpus.count {
        #expect(Array(corpus.sourceTokens(at: position)) == codec.encodeSource(sources[position]))
        #expect(Array(corpus.targetTokens(at: position)) == codec.encodeTarget(targets[position]))
        #expect(corpus.sourceLength(at: position) == corpus.sourceTokens(at: position).count)
        #expect(corpus.targetLength(at: position) == corpus.targetTokens(at: position).count)
        #expect(corpus.lineNumber(at: position) == position + 1)
        if part == .validation {
          #expect(corpus.sourceText(at: position) == sources[position])
          #expect(corpus.targetText(at: position) == targets[position])
        }
      }
      #expect(
        corpus.sourceTokenCount == (0..<2000).reduce(0) { $0 + corpus.sourceLength(at: $1) })
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
    #expect(left.sorted() == ["a", "b", "train.corpus", "validation.corpus"])
  }

  @Test("Unusable pairs are counted by reason and the first five named")
  func report() throws {
    let directory = try TemporaryDirectory()
    let long = String(repeating: "x", count: 21)
    try directory.write(
      "a", Array("one\n\nthree\n \(long)\nfive\nsix\nseven\n\(long)\nnine ".utf8) + [0xC3])
    try directory.write("b", "1\n2\n\n4\n\(long)\n6\n \t\n8\n9")
    let skipping = PreparedCorpusTests.parallel(directory)
    let corpus = try PreparedCorpus.prepare(
      .train, of: skipping, codec: try PreparedCorpusTests.byteCodec(), into: directory.url)
    let report = corpus.report
    #expect(report.usedCount == 2 && report.skippedCount == 7)
    #expect((report.emptyCount, report.tooLongCount, report.invalidCount) == (3, 3, 1))
    #expect(report.firstSkipped.map(\.line) == [2, 3, 4, 5, 7])
    #expect(
      report.firstSkipped.map(\.detail) == [
        "the source is empty", "the target is empty",
        "the source has 22 tokens, more than 20", "the target has 21 tokens, more than 20",
        "the target is empty",
      ])
    #expect((0..<2).map { corpus.lineNumber(at: $0) } == [1, 6])
    #expect(
      report.description.hasPrefix("2 pairs, 7 skipped: 3 empty, 3 too long, 1 invalid\n  line 2"))

    try FileManager.default.removeItem(at: directory.url.appendingPathComponent("train.corpus"))
    let cut = try PreparedCorpus.prepare(
      .train, of: PreparedCorpusTests.parallel(directory, onLong: .truncate),
      codec: try PreparedCorpusTests.byteCodec(), into: directory.url)
    #expect(cut.report.usedCount == 5 && cut.report.truncatedCount == 3)
    #expect(cut.report.tooLongCount == 0)
    #expect((0..<5).map { cut.lineNumber(at: $0) } == [1, 4, 5, 6, 8])
    #expect(cut.sourceLength(at: 1) == 21 && cut.sourceTokens(at: 1).last == 2)
    #expect(cut.targetLength(at: 2) == 20)
  }

  @Test("Unknown tokens are counted on each side")
  func unknownTokens() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a", "abc\naxx\n")
    try directory.write("b", "abab\nxxxx\n")
    let codec = try TextCodec.train(
      configuration: .init(type: .character), sources: [Array("abc".utf8)],
      targets: [Array("ab".utf8)])
    let report = try PreparedCorpus.prepare(
      .train, of: PreparedCorpusTests.parallel(directory), codec: codec, into: directory.url
    ).report
    #expect((report.sources.all, report.sources.unknown) == (6, 2))
    #expect((report.targets.all, report.targets.unknown) == (8, 4))
    #expect(
      report.description
        == "2 pairs\n  unknown: 2 of 6 source tokens (33.3 %), 4 of 8 target tokens (50.0 %): what the "
        + "vocabulary lacks is neither read nor written")
  }

  @Test("A model's table of positions has to reach the longest side with what is put around it")
  func longestRows() {
    var corpus = CorpusConfiguration(
      train: .parallel(source: "a", target: "b"), maxLength: 10, maxTargetLength: 11)
    #expect((0...3).map { corpus.longestRows(sourceFrameCount: $0) } == [12, 12, 12, 13])
    corpus.maxTargetLength = nil
    #expect((0...3).map { corpus.longestRows(sourceFrameCount: $0) } == [11, 11, 12, 13])
  }

  @Test("Sources and targets have limits of their own; sources alone may be cut, EOS stays")
  func sidesAreLimitedApart() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a", "aaaaaaaa\naaaa\naaaaaaaa\n")
    try directory.write("b", "bb\nbbb\nbbbbbb\n")
    var configuration = PreparedCorpusTests.parallel(directory)
    configuration.maxSourceLength = 5
    configuration.maxTargetLength = 4
    func prepare(_ onLong: CorpusConfiguration.LongPairs) throws -> PreparedCorpus {
      configuration.onLong = onLong
      try? FileManager.default.removeItem(at: directory.url.appendingPathComponent("train.corpus"))
      return try PreparedCorpus.prepare(
        .train, of: configuration, codec: try PreparedCorpusTests.byteCodec(), into: directory.url)
    }
    let skipped = try prepare(.skip)
    #expect(skipped.report.usedCount == 1 && skipped.lineNumber(at: 0) == 2)
    #expect(
      skipped.report.firstSkipped.map(\.detail) == [
        "the source has 8 tokens, more than 5", "the source has 8 tokens, more than 5",
      ])
    let cut = try prepare(.truncate)
    #expect(cut.report.usedCount == 3 && cut.report.truncatedCount == 2)
    #expect((0..<3).map { cut.sourceLength(at: $0) } == [6, 5, 6])
    #expect((0..<3).allSatisfy { cut.sourceTokens(at: $0).last == 2 })
    #expect((0..<3).map { cut.targetLength(at: $0) } == [2, 3, 4])
    let mixed = try prepare(.truncateSource)
    #expect(mixed.report.usedCount == 2 && mixed.report.truncatedCount == 1)
    #expect(
      mixed.report.firstSkipped.map(\.detail) == ["the target has 6 tokens, more than 4"])
    #expect((0..<2).map { mixed.sourceLength(at: $0) } == [6, 5])
    #expect(mixed.sourceTokens(at: 0).last == 2)
    // The file tells its limits apart.
    configuration.maxTargetLength = 7
    let error = #expect(throws: TextError.self) {
      try PreparedCorpus.prepare(
        .train, of: configuration, codec: try PreparedCorpusTests.byteCodec(), into: directory.url)
    }
    #expect(error?.found.hasSuffix("data.max_target_length is 7, it was 4") == true)
  }

  @Test("The same corpus is opened again without being read; a changed one is refused by name")
  func reuse() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a", "one\ntwo\n")
    try directory.write("b", "1\n2\n")
    let configuration = PreparedCorpusTests.parallel(directory)
    let codec = try PreparedCorpusTests.byteCodec()
    var readCount = 0
    func prepare(
      _ configuration: CorpusConfiguration, _ codec: TextCodec
    ) throws(TextError) -> PreparedCorpus {
      try PreparedCorpus.prepare(.train, of: configuration, codec: codec, into: directory.url) {
        readCount += $0
      }
    }
    let first = try prepare(configuration, codec)
    #expect(readCount == 2)
    let second = try prepare(configuration, codec)
    #expect(readCount == 2)
    #expect(second.report == first.report && second.count == 2)

    func refusal(_ configuration: CorpusConfiguration, _ codec: TextCodec) -> String {
      #expect(throws: TextError.self) { try prepare(configuration, codec) }?.found ?? ""
    }
    var shorter = configuration
    shorter.maxLength = 19
    #expect(refusal(shorter, codec).hasSuffix("data.max_length is 19, it was 20"))
    let other = try PreparedCorpusTests.byteCodec(.init(type: .byte, normalization: .nfc))
    #expect(refusal(configuration, other).hasSuffix("the tokenizer is another one"))
    try directory.write("a", "one\ntwo!\n")
    #expect(refusal(configuration, codec).hasSuffix("/a has 9 bytes, it had 8"))
    // The map shows the file it was made from, whatever happens to the path.
    #expect(first.sourceLength(at: 1) == 4)
  }

  @Test("A file of another date or in another place is the same corpus while every byte is")
  func sameBytesElsewhere() throws {
    let directory = try TemporaryDirectory()
    let elsewhere = try TemporaryDirectory()
    for place in [directory, elsewhere] {
      try place.write("a", "one\ntwo\n")
      try place.write("b", "1\n2\n")
    }
    var configuration = PreparedCorpusTests.parallel(directory)
    let codec = try PreparedCorpusTests.byteCodec()
    var readCount = 0
    func prepare() throws(TextError) {
      _ = try PreparedCorpus.prepare(
        .train, of: configuration, codec: codec, into: directory.url
      ) { readCount += $0 }
    }
    func age(_ place: TemporaryDirectory) throws {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1)],
        ofItemAtPath: place.url.appendingPathComponent("a").path)
    }
    try prepare()
    try age(directory)
    try prepare()
    configuration.root = elsewhere.url.path
    try prepare()
    #expect(readCount == 2)
    // As many bytes, but others.
    try elsewhere.write("a", "one\ntoo\n")
    let moved = #expect(throws: TextError.self) { try prepare() }
    #expect(moved?.found.hasSuffix("/a was then") == true)
    configuration.root = directory.url.path
    try directory.write("a", "one\ntoo\n")
    try age(directory)
    let written = #expect(throws: TextError.self) { try prepare() }
    #expect(written?.found.hasSuffix("/a has been written to since") == true)
    // The other form of the same files.
    configuration.train = .table(pairs: "a", sourceColumn: 1, targetColumn: 2)
    let form = #expect(throws: TextError.self) { try prepare() }
    #expect(form?.found.hasSuffix("its form, columns, keys or task are others") == true)
  }

  @Test("A damaged or half-written file is prepared anew")
  func damage() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a", "one\ntwo\n")
    try directory.write("b", "1\n2\n")
    let configuration = PreparedCorpusTests.parallel(directory)
    let codec = try PreparedCorpusTests.byteCodec()
    _ = try PreparedCorpus.prepare(.train, of: configuration, codec: codec, into: directory.url)
    let file = directory.url.appendingPathComponent("train.corpus")
    let whole = try Data(contentsOf: file)
    for length in [0, 7, 64, whole.count - 1] {
      try directory.write("train.corpus", whole.prefix(length))
      let corpus = try PreparedCorpus.prepare(
        .train, of: configuration, codec: codec, into: directory.url)
      #expect(corpus.count == 2)
      #expect(try Data(contentsOf: file) == whole)
    }
  }

  @Test("A wrong byte anywhere gives another sound corpus or none, never a crash")
  func wrongBytes() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a", "one\ntwo\nthree\n")
    try directory.write("b", "1\n2\n3\n")
    let configuration = PreparedCorpusTests.parallel(directory)
    let codec = try PreparedCorpusTests.byteCodec()
    func prepared() throws(TextError) -> PreparedCorpus {
      try PreparedCorpus.prepare(.train, of: configuration, codec: codec, into: directory.url)
    }
    func batches(_ corpus: PreparedCorpus) throws -> [[Int]] {
      let schedule = BatchSchedule(
        corpus: corpus, size: .sentences(2), seed: 1, directory: directory.url)
      return try schedule.batches(inEpoch: 0).map(\.pairs)
    }
    let expected = try batches(prepared())
    for name in ["train.corpus", "train.batches"] {
      let whole = try Data(contentsOf: directory.url.appendingPathComponent(name))
      // All of the numbers, and some of the text after them.
      for position in whole.indices where position < 256 || position % 16 == 0 {
        var damaged = whole
        damaged[position] ^= [1, 0x80, 0xFF][position % 3]
        try directory.write(name, damaged)
        // A trailer that tells of another corpus is refused.
        guard let corpus = try? prepared() else { continue }
        for position in 0..<corpus.count {
          _ = (Array(corpus.sourceTokens(at: position)), corpus.targetLength(at: position))
        }
        let pairs = try batches(corpus).joined()
        #expect(pairs.count == 3 && pairs.allSatisfy((0..<3).contains), "byte \(position), \(name)")
      }
      try directory.write(name, whole)
    }
    #expect(try batches(prepared()) == expected)
  }

  @Test("A corpus with no usable pair, and unequal line counts, leave no file behind")
  func failures() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a", "\n\n")
    try directory.write("b", "1\n2\n")
    let configuration = PreparedCorpusTests.parallel(directory)
    let codec = try PreparedCorpusTests.byteCodec()
    let empty = #expect(throws: TextError.self) {
      try PreparedCorpus.prepare(.train, of: configuration, codec: codec, into: directory.url)
    }
    #expect(empty?.found == "no usable pair")
    #expect(empty?.hint?.hasPrefix("Found: 0 pairs, 2 skipped: 2 empty") == true)
    try directory.write("a", "x\ny\nz\n")
    #expect(throws: TextError.self) {
      try PreparedCorpus.prepare(.train, of: configuration, codec: codec, into: directory.url)
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
    #expect(left.sorted() == ["a", "b"])
  }

  @Test("Sampled pairs depend on the key, decode to the text, and keep to the maximum length")
  func sampling() throws {
    let directory = try TemporaryDirectory()
    let texts = SyntheticText.sentences(200)
    try directory.write("a", texts.joined(separator: [0x0A]))
    try directory.write("b", texts.reversed().joined(separator: [0x0A]))
    let codec = try TextCodec.train(
      configuration: .init(
        type: .bpe, vocabularySize: 350, sampling: .init(dropout: 0.5)), sources: texts,
      targets: [])
    let longest = texts.map { codec.encodeTarget($0).count }.max() ?? 0
    let corpus = try PreparedCorpus.prepare(
      .train, of: PreparedCorpusTests.parallel(directory, maxLength: longest), codec: codec,
      into: directory.url)
    var changedCount = 0
    var keptCount = 0
    for position in 0..<corpus.count {
      let first = corpus.sampled(at: position, key: 7)
      let again = corpus.sampled(at: position, key: 7)
      let other = corpus.sampled(at: position, key: 8)
      #expect(first.source == again.source && first.target == again.target)
      #expect(codec.source.decodeBytes(first.source) == texts[position])
      #expect(codec.target.decodeBytes(first.target) == texts[texts.count - 1 - position])
      #expect(first.source.last == 2 && first.source.count <= longest + 1)
      if first.source != other.source { changedCount += 1 }
      if first.source == Array(corpus.sourceTokens(at: position)) { keptCount += 1 }
    }
    #expect(corpus.count == 200)
    #expect(changedCount > 100)
    #expect(keptCount > 0)
  }
}
