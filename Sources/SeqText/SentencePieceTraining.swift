import CSentencePiece

/// What SentencePiece is asked to learn.
package struct SentencePieceTraining: Sendable {
  /// The algorithm of the vocabulary.
  package enum Algorithm: Sendable { case bpe, unigram }

  package var algorithm: Algorithm
  package var vocabularySize: Int
  package var characterCoverage: Double
  package var byteFallback: Bool
  /// Whether words are counted before the library sees them: the same pieces from less memory.
  ///
  /// Unigram training looks for pieces in whole sentences, so it cannot.
  package var countsWords: Bool

  /// The shares of characters that the library agrees to cover.
  package static let coverages = 0.98...1

  package init(
    algorithm: Algorithm, vocabularySize: Int, characterCoverage: Double = 1,
    byteFallback: Bool = false
  ) {
    self.algorithm = algorithm
    self.vocabularySize = vocabularySize
    self.characterCoverage = characterCoverage
    self.byteFallback = byteFallback
    countsWords = algorithm == .bpe
  }

  /// Learns a model from the lines and gives it serialised.
  ///
  /// The same lines give the same bytes. For BPE, memory holds the different words of the text; for
  /// unigram, all of it.
  ///
  /// - Throws: ``TextError`` of kind configuration when the text supports no vocabulary of this
  ///   size, and whatever `nextLine` throws.
  package func run(nextLine: () throws(TextError) -> [UInt8]?) throws(TextError) -> [UInt8] {
    let specialCount = SpecialTokens.standardNames.count
    guard let size = Int32(exactly: vocabularySize), size > specialCount else {
      throw TextError(
        .configuration, found: "a vocabulary of \(vocabularySize) pieces",
        expected: "more than the \(specialCount) special ones and at most \(Int32.max)",
        hint: "Change tokenizer.vocabulary_size.")
    }
    guard Self.coverages.contains(characterCoverage) else {
      throw TextError(
        .configuration, found: "a character coverage of \(characterCoverage)",
        expected: "\(Self.coverages.lowerBound) to 1",
        hint: "Change tokenizer.character_coverage.")
    }
    guard countsWords else { return try run(size: size, nextLine: nextLine) }
    var counter = WordCounter()
    while let line = try nextLine() { counter.add(line) }
    var words = counter.lines[...]
    return try run(size: size) { words.popFirst() }
  }

  private func run(
    size: Int32, nextLine: () throws(TextError) -> [UInt8]?
  ) throws(TextError) -> [UInt8] {
    var options = csp_training(
      type: algorithm == .bpe ? CSP_MODEL_BPE : CSP_MODEL_UNIGRAM, vocabulary_size: size,
      character_coverage: characterCoverage, byte_fallback: byteFallback ? 1 : 0,
      is_counted: countsWords ? 1 : 0)
    var model = csp_bytes(data: nil, size: 0)
    defer { csp_bytes_free(model) }
    var failure: TextError?
    let (status, words) = withoutActuallyEscaping(nextLine) { nextLine in
      let lines = Lines(next: nextLine)
      defer { failure = lines.failure }
      return withExtendedLifetime(lines) {
        SentencePieceModel.withMessage { message in
          csp_train(
            &options, Lines.callback, Unmanaged.passUnretained(lines).toOpaque(), &model, message)
        }
      }
    }
    if let failure { throw failure }
    if status != CSP_OK { throw refusal(words) }
    return Array(UnsafeRawBufferPointer(start: model.data, count: model.size))
  }

  /// The library's refusal in our words: what was asked, what is possible, how to mend it.
  private func refusal(_ words: String) -> TextError {
    let numbers = words.split { !$0.isASCII || !$0.isNumber }.compactMap { Int($0) }
    if words.contains("too high"), let largest = numbers.last {
      return TextError(
        .configuration,
        found: "a vocabulary of \(vocabularySize) pieces is more than the training text supports",
        expected: "at most \(largest)",
        hint: "Lower tokenizer.vocabulary_size to \(largest) or less, or train on more text.")
    }
    if words.contains("smaller than required_chars"), let smallest = numbers.last {
      return TextError(
        .configuration,
        found: "a vocabulary of \(vocabularySize) pieces cannot hold the characters to be covered",
        expected: "at least \(smallest)",
        hint: "Raise tokenizer.vocabulary_size to \(smallest) or more, or lower "
          + "tokenizer.character_coverage.")
    }
    let shown = words.contains(".cc(") ? "" : ": \(words)"
    return TextError(
      .badData, found: "SentencePiece cannot learn a vocabulary from this text\(shown)",
      expected: "sentences, one a line",
      hint: "Is it the right file? More text, or another tokenizer.type, may help.")
  }

  /// The lines on their way through C: keeps the current one alive and the first error.
  private final class Lines {
    let next: () throws(TextError) -> [UInt8]?
    var failure: TextError?
    private var current = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1 << 12)

    init(next: @escaping () throws(TextError) -> [UInt8]?) { self.next = next }

    deinit { current.deallocate() }

    static let callback: csp_next_line = { context, line, size in
      guard let context, let line, let size else { return -1 }
      let lines = Unmanaged<Lines>.fromOpaque(context).takeUnretainedValue()
      do throws(TextError) {
        guard let bytes = try lines.next() else { return 0 }
        line.pointee = UnsafePointer(lines.hold(bytes))
        size.pointee = bytes.count
        return 1
      } catch {
        lines.failure = error
        return -1
      }
    }

    private func hold(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
      if bytes.count > current.count {
        current.deallocate()
        current = .allocate(capacity: max(bytes.count, 2 * current.count))
      }
      for (index, byte) in bytes.enumerated() { current[index] = CChar(bitPattern: byte) }
      return current.baseAddress
    }
  }
}
