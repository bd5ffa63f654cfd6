extension TextCodec {
  /// Lines handed out one by one, nil after the last.
  private typealias LineFeed = () throws(TextError) -> [UInt8]?

  private typealias Kind = TokenizerConfiguration.Kind

  private enum Side { case source, target, both }

  /// Learns the vocabularies of a corpus.
  ///
  /// - Parameters:
  ///   - configuration: the kind of tokenizer and its size.
  ///   - open: starts reading the corpus from its beginning; called once, or twice for separate
  ///     source and target vocabularies. Malformed pairs are passed over.
  /// - Returns: the codec of the corpus.
  /// - Throws: ``TextError`` when the corpus cannot be read or holds no text, or supports no
  ///   vocabulary of the size asked for.
  public static func train(
    configuration: TokenizerConfiguration, pairs open: () throws(TextError) -> PairReader
  ) throws(TextError) -> TextCodec {
    try train(configuration: configuration) { side throws(TextError) -> LineFeed in
      let reader = try open()
      var unused = UnusedLines(file: reader.paths.first)
      var waiting: ArraySlice<[UInt8]> = []
      return { () throws(TextError) -> [UInt8]? in
        if let line = waiting.popFirst() { return line }
        while let entry = try reader.next() {
          switch entry {
          case .malformed(let line, let reason): unused.note(line: line, reason)
          case .pair(let pair):
            unused.foundText(!pair.source.isEmpty || !pair.target.isEmpty)
            if side != .target { waiting += configuration.paragraphs(of: pair.source) }
            if side != .source { waiting.append(pair.target) }
            if let line = waiting.popFirst() { return line }
          }
        }
        try unused.checkText()
        return nil
      }
    }
  }

  /// Learns one vocabulary, shared by source and target, of the lines of files; lines that are not
  /// UTF-8 are passed over.
  ///
  /// - Parameters:
  ///   - configuration: the kind of tokenizer and its size; its vocabulary becomes a shared one.
  ///   - files: paths; `.gz` files are decompressed, `-` is the standard input.
  /// - Returns: a codec with one vocabulary for both sides.
  /// - Throws: ``TextError`` when a file cannot be read or there is no text, or it supports no
  ///   vocabulary of the size asked for.
  public static func train(
    configuration: TokenizerConfiguration, files: [String]
  ) throws(TextError) -> TextCodec {
    var configuration = configuration
    configuration.shared = true
    return try train(configuration: configuration) { _ throws(TextError) -> LineFeed in
      var waiting = files[...]
      var reader: LineReader?
      var unused = UnusedLines(file: files.first)
      return { () throws(TextError) -> [UInt8]? in
        while true {
          while let line = try reader?.next() {
            if let offset = line.withUnsafeBufferPointer({ $0.invalidUTF8Offset }) {
              unused.note(line: reader?.lineNumber ?? 0, "not UTF-8 at byte \(offset + 1)")
            } else {
              unused.foundText(!line.isEmpty)
              return line
            }
          }
          guard let path = waiting.popFirst() else {
            try unused.checkText()
            return nil
          }
          reader = try LineReader(path: path)
        }
      }
    }
  }

  /// Learns the vocabularies of lines in memory.
  ///
  /// - Throws: ``TextError`` when there is no text, or it supports no vocabulary of the size asked.
  public static func train(
    configuration: TokenizerConfiguration, sources: some Sequence<[UInt8]>,
    targets: some Sequence<[UInt8]>
  ) throws(TextError) -> TextCodec {
    try train(configuration: configuration) { side throws(TextError) -> LineFeed in
      var sources = sources.lazy.flatMap(configuration.paragraphs(of:)).makeIterator()
      var targets = targets.makeIterator()
      return { () throws(TextError) -> [UInt8]? in
        if side != .target, let line = sources.next() { return line }
        return side == .source ? nil : targets.next()
      }
    }
  }

  /// What a corpus without text has in its place, for the error that says so.
  private struct UnusedLines {
    let file: String?
    private var count = 0
    private var first: (line: Int, reason: String)?
    private var hasText = false

    init(file: String?) { self.file = file }

    mutating func note(line: Int, _ reason: String) {
      count += 1
      if first == nil { first = (line, reason) }
    }

    mutating func foundText(_ isText: Bool) { hasText = hasText || isText }

    func checkText() throws(TextError) {
      if hasText { return }
      guard let first else {
        throw TextError(
          .badData, file: file, found: "no text to learn a vocabulary from",
          expected: "a file with a sentence a line",
          hint: "It is empty, or has empty lines alone: is it the right one?")
      }
      throw TextError(
        .badData, file: file, line: first.line,
        found: "no text to learn a vocabulary from; \(count) unusable, the first because: "
          + first.reason,
        expected: "a sentence, or a pair of them, on every line in UTF-8",
        hint: "Check the file's form, its columns or keys, and its encoding.")
    }
  }

  private static func train(
    configuration: TokenizerConfiguration, feed: (Side) throws(TextError) -> LineFeed
  ) throws(TextError) -> TextCodec {
    if configuration.shared {
      let tokenizer = try learn(configuration, from: try feed(.both))
      return TextCodec(configuration: configuration, source: tokenizer, target: tokenizer)
    }
    let source = try learn(configuration, from: try feed(.source))
    let target = try learn(configuration.ofTarget, from: try feed(.target))
    return TextCodec(configuration: configuration, source: source, target: target)
  }

  private static func learn(
    _ configuration: TokenizerConfiguration, from feed: LineFeed
  ) throws(TextError) -> any Tokenizer {
    let normalization = configuration.normalization
    var lineCount = 0
    // Not-empty lines, normalised.
    func nextLine() throws(TextError) -> [UInt8]? {
      while let line = try feed() {
        if line.isEmpty { continue }
        lineCount += 1
        return line.withUnsafeBufferPointer { normalization.applied(to: $0) }
      }
      if lineCount == 0 {
        throw TextError(.badData, found: "no text to learn a vocabulary from")
      }
      return nil
    }

    switch configuration.type {
    case .byte:
      // Nothing is learned, but a corpus that is not there should be known at once.
      _ = try feed()
      return ByteTokenizer(normalization: normalization)
    case .character:
      let vocabulary = try count(configuration, nextLine) { line, add in
        configuration.unit.forEachCharacter(of: line, add)
      }
      return CharacterTokenizer(
        vocabulary: vocabulary, unit: configuration.unit, normalization: normalization)
    case .whitespace:
      let vocabulary = try count(configuration, nextLine) { line, add in
        WhitespaceTokenizer.forEachWord(of: line, add)
      }
      return WhitespaceTokenizer(vocabulary: vocabulary, normalization: normalization)
    case .huggingFace, .marian, .sentencePiece:
      throw TextError(
        .configuration, found: "a tokenizer of type \(configuration.type.rawValue) is not learned",
        expected: Kind.allCases.map(\.rawValue).joined(separator: ", "),
        hint: "It comes with a model: give the model's folder as model.from.")
    case .bpe, .unigram:
      guard let size = configuration.vocabularySize else {
        throw TextError(
          .configuration, found: "tokenizer.vocabulary_size is not set",
          expected: "the number of tokens a \(configuration.type.rawValue) vocabulary is to have")
      }
      let training = SentencePieceTraining(
        algorithm: configuration.type == .bpe ? .bpe : .unigram, vocabularySize: size,
        characterCoverage: configuration.characterCoverage,
        byteFallback: configuration.byteFallback)
      return try SentencePieceTokenizer(
        serializedModel: try training.run(nextLine: nextLine), normalization: normalization)
    }
  }

  private static func count(
    _ configuration: TokenizerConfiguration, _ nextLine: LineFeed,
    pieces: (UnsafeBufferPointer<UInt8>, (Slice<UnsafeBufferPointer<UInt8>>) -> Void) -> Void
  ) throws(TextError) -> Vocabulary {
    var counter = VocabularyCounter()
    while let line = try nextLine() {
      line.withUnsafeBufferPointer { line in pieces(line) { counter.add(Array($0)) } }
    }
    return counter.vocabulary(
      minimumFrequency: configuration.minimumFrequency,
      maximumSize: configuration.vocabularySize)
  }
}
