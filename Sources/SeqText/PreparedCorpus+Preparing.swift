public import Foundation

extension PreparedCorpus {
  /// The parts of a corpus that are prepared.
  public enum Part: String, Hashable, Sendable {
    case train, validation
  }

  /// Pairs read between two reports of progress.
  private static let progressInterval = 5_000

  /// Tokenises a part of a corpus into `train.corpus` or `validation.corpus`, or opens that file
  /// when the same corpus has been prepared there before.
  ///
  /// Empty, malformed and, unless they are to be cut, over-long pairs are left out and counted in
  /// ``report``. Memory does not grow with the corpus. The file appears when it is complete.
  ///
  /// - Parameters:
  ///   - part: which of the configuration's sources.
  ///   - configuration: where the pairs are; the standard input must have been spooled.
  ///   - codec: what turns text into ids.
  ///   - directory: the run's folder, which exists.
  ///   - progress: called with the number of pairs read so far.
  ///   - isInterrupted: asked now and then; when true, an error of kind
  ///     ``TextError/Kind/interrupted`` ends the work and no file appears.
  /// - Returns: the corpus, its file mapped.
  /// - Throws: ``TextError`` when the corpus cannot be read, has unequal line counts or no usable
  ///   pair, or is not the one that was prepared here before.
  public static func prepare(
    _ part: Part, of configuration: CorpusConfiguration, codec: TextCodec, into directory: URL,
    progress: (Int) -> Void = { _ in }, isInterrupted: @escaping () -> Bool = { false }
  ) throws(TextError) -> PreparedCorpus {
    guard
      let source = part == .train ? configuration.train : configuration.validation
    else {
      throw TextError(
        .configuration, found: "data.validation is not set", expected: "a source of pairs")
    }
    if source.paths.contains("-") {
      throw TextError(
        .configuration, file: "-", found: "the standard input can be read only once",
        expected: "a file", hint: "Copy it to one with spoolingStandardInput(to:) first.")
    }
    let origin = try CorpusOrigin(
      source: source.resolved(root: configuration.root),
      alignments: part == .train
        ? configuration.alignments.map {
          CorpusConfiguration.resolved($0, root: configuration.root)
        } : nil,
      codec: codec, lengths: LengthPolicy(configuration),
      keepsText: part == .validation || codec.configuration.sampling != nil)
    let file = directory.appendingPathComponent(part.rawValue + ".corpus")
    if let corpus = try opened(file, codec: codec, expecting: origin, isInterrupted) {
      return corpus
    }
    let reader = try PairReader(
      origin.source, paragraphSeparator: codec.configuration.paragraphSeparator,
      isInterrupted: isInterrupted)
    try write(
      origin.readingContents(isInterrupted: isInterrupted), reader, codec: codec, to: file,
      progress: progress)
    guard let corpus = try opened(file, codec: codec, expecting: origin, isInterrupted) else {
      throw TextError(.inputOutput, file: file.path, found: "cannot be read back")
    }
    return corpus
  }

  /// The corpus in a file, nil when there is none or it is of another format.
  private static func opened(
    _ file: URL, codec: TextCodec, expecting origin: CorpusOrigin, _ isInterrupted: () -> Bool
  ) throws(TextError) -> PreparedCorpus? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let map = try MemoryMap(file: file)
    guard let header = CorpusFileHeader(map) else { return nil }
    let json = map.values(UInt8.self, at: header.trailerOffset, count: header.trailerSize)
    guard let trailer = try? JSONDecoder().decode(CorpusFileTrailer.self, from: Data(json)) else {
      return nil
    }
    if let difference = try trailer.origin.difference(
      from: origin, isInterrupted: isInterrupted)
    {
      throw TextError(
        .badData, file: file.path,
        found: "the corpus has changed since it was prepared: \(difference)",
        expected: "the corpus the run was started with",
        hint: "Restore it, or start a new run in another folder.")
    }
    return PreparedCorpus(map: map, header: header, trailer: trailer, codec: codec)
  }

  private static func write(
    _ origin: CorpusOrigin, _ reader: PairReader, codec: TextCodec, to file: URL,
    progress: (Int) -> Void
  ) throws(TextError) {
    let alignments: AlignmentReader?
    if let file = origin.alignments {
      alignments = try AlignmentReader(path: file.path)
    } else {
      alignments = nil
    }
    var writer = try CorpusFileWriter(file: file, keepsText: origin.keepsText)
    var report = CorpusReport()
    var readCount = 0
    while let entry = try reader.next() {
      readCount += 1
      if readCount % progressInterval == 0 { progress(readCount) }
      let links = try alignments?.next() ?? []
      switch entry {
      case .malformed(let line, let reason): report.skip(line: line, .invalid, reason)
      case .pair(let pair):
        if let side = emptySide(pair, codec) {
          report.skip(line: pair.line, .empty, "the \(side) is empty")
          continue
        }
        var source = codec.encodeBareSource(pair.source)
        var target = codec.encodeTarget(pair.target)
        if !links.isEmpty {
          try alignments?.check(
            links, sourceWords: (codec.sourceWords(of: source).last ?? -1) + 1,
            targetWords: (codec.targetWords(of: target).words.last ?? -1) + 1)
        }
        let wasCut = origin.lengths.cut(&source, &target)
        if codec.numbersUnknownWords {
          // One token a word: what was cut stays cut.
          let numbered = codec.encodeTarget(pair.target, copyingFrom: pair.source, source)
          target = Array(numbered.prefix(target.count))
        }
        if let problem = origin.lengths.problem(source, target) {
          report.skip(line: pair.line, .tooLong, problem)
          continue
        }
        if wasCut { report.truncatedCount += 1 }
        report.usedCount += 1
        report.sources.add(source, unknown: codec.source.vocabulary.specialTokens.unknown)
        report.targets.add(target, unknown: codec.target.vocabulary.specialTokens.unknown)
        try writer.append(
          pair, source: codec.withSpecialTokens(source), target: target, links: links)
      }
    }
    try alignments?.checkEnd()
    progress(readCount)
    if report.usedCount == 0 {
      throw TextError(
        .badData, file: origin.source.paths.first, found: "no usable pair",
        expected: "at least one",
        hint: (report.tooLongCount > 0
          ? "Raise data.max_length, or set data.on_long: truncate. " : "") + "Found: \(report)")
    }
    try writer.finish(CorpusFileTrailer(origin: origin, report: report))
  }

  /// The side that holds nothing but spaces and tabs, or what divides paragraphs.
  private static func emptySide(_ pair: TextPair, _ codec: TextCodec) -> String? {
    codec.isEmptySource(pair.source) ? "source" : pair.target.isBlank ? "target" : nil
  }
}
