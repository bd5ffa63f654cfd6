public import Foundation
internal import SeqCheckpoints
internal import SeqKernels
public import SeqModels
internal import SeqText

/// A training run from raw text to a model directory: what `seq2seq train` does.
///
///     let job = TrainingJob(configuration, output: URL(filePath: "runs/en-de"))
///     try job.run { event in print(event) }
public struct TrainingJob: Sendable {
  /// Everything that decides the run.
  public let configuration: RunConfiguration
  /// The run's directory, which becomes the model's.
  public let output: URL
  /// Threads that compute.
  public let workerCount: Int

  /// A run that has not begun; the directory is made by ``run(resuming:isInterrupted:observe:)``.
  ///
  /// There is one worker by default for each of the ``AvailableCores``.
  public init(
    _ configuration: RunConfiguration, output: URL,
    workerCount: Int = AvailableCores.count
  ) {
    self.configuration = configuration
    self.output = output
    self.workerCount = workerCount
  }

  /// Learns the tokenizer, prepares the corpus, trains, and writes the model; or goes on where an
  /// interrupted run stopped.
  ///
  /// - Parameters:
  ///   - resuming: Whether to go on with the run in the directory.
  ///   - isInterrupted: Asked before every step; when true the state is saved and training stops.
  ///     Asked also while text is read before training; then nothing is kept.
  ///   - observe: Told what happens, on the calling thread.
  /// - Returns: How the run ended, and after how many steps.
  /// - Throws: ``TrainingError``, ``TextError``, ``CheckpointError``; of kind
  ///   ``TextError/Kind/interrupted`` when it is stopped before training. When a new run fails
  ///   before training begins, the directory is as empty as it was.
  @discardableResult
  public func run(
    resuming: Bool = false, isInterrupted: @escaping () -> Bool = { false },
    observe: @escaping (TrainingEvent) -> Void = { _ in }
  ) throws -> TrainingOutcome {
    let directory = TrainingDirectory(path: output.path)
    let lock = try directory.claim(configuration, resuming: resuming)
    let trainer: Trainer
    do {
      trainer = try prepare(
        in: directory, lock: lock, resuming: resuming, isInterrupted: isInterrupted, observe)
    } catch {
      if !resuming { directory.abandon() }
      throw error
    }
    return try trainer.run(isInterrupted: isInterrupted)
  }

  private func prepare(
    in directory: TrainingDirectory, lock: DirectoryLock, resuming: Bool,
    isInterrupted: @escaping () -> Bool, _ observe: @escaping (TrainingEvent) -> Void
  ) throws -> Trainer {
    // A mistyped path should not show itself when the training corpus has been prepared.
    try configuration.data.checkFiles()
    let corpus = try spooledCorpus()
    let codec = try codec(corpus, isInterrupted: isInterrupted, observe)
    // A model from elsewhere has special ids of its own, and may have rows that no token needs.
    // A run that has a checkpoint goes on from that, and needs what it started from no more.
    let start = try hasCheckpoint ? nil : initialModel()
    let described = try describedModel()
    let generation = try described.flatMap { try ModelDirectory.generation(of: $0) }
    let description = try described.map { try ModelDirectory.configuration(of: $0) }
    let sizes =
      description?.vocabularies
      ?? VocabularySizes(source: codec.sourceVocabularySize, target: codec.targetVocabularySize)
    // A parameter, its gradient by every worker, and the two moments of Adam.
    let problems = configuration.model.problems(
      vocabularies: sizes, bytesPerParameter: 4 * (3 + workerCount))
    guard problems.isEmpty else {
      throw TrainingError.invalid("model: " + problems.joined(separator: "; "))
    }
    observe(.note("preparing \(corpus.train.name)"))
    let training = try PreparedCorpus.prepare(
      .train, of: corpus, codec: codec, into: output, progress: { observe(.preparing(pairs: $0)) },
      isInterrupted: isInterrupted)
    observe(.note("training data: \(training.report)"))
    var validation = try validationSet(corpus, codec, isInterrupted: isInterrupted, observe)
    validation?.generation = generation

    let model = configuration.model.model(
      vocabularies: sizes, seed: configuration.training.seed)
    let longest = corpus.longestRows(sourceFrameCount: codec.sourceFrameCount)
    if let limit = model.lengthLimit, longest > limit {
      throw TrainingError.invalid(
        "model.max_positions: expected at least \(longest) rows, for the longest sentence that data.max_length allows and the tokens around it, found \(limit); raise max_positions or lower max_length"
      )
    }
    if let start, let description {
      try model.store.load(
        from: SafetensorsFile(path: start.parametersPath),
        adding: configuration.model.additions(toStart: description.model))
    }
    try ModelDirectory.describe(model, codec, generation: generation, in: output)
    return try Trainer(
      configuration, model: model,
      data: CorpusTrainingData(training, configuration.training, directory: output),
      validation: validation, in: directory, lock: lock, resuming: resuming,
      workerCount: workerCount, observe: observe)
  }

  /// The corpus with standard input copied to a file of the run.
  ///
  /// A folder has many names, and the run may be resumed by another than it was started with: here
  /// all become one.
  func spooledCorpus() throws -> CorpusConfiguration {
    var corpus = configuration.data
    corpus.root = URL(fileURLWithPath: corpus.root).resolvingSymlinksInPath().path
    let spool = output.resolvingSymlinksInPath().appendingPathComponent("stdin.txt")
    if corpus.train.paths.contains("-"), FileManager.default.fileExists(atPath: spool.path) {
      // A resumed run has it already.
      corpus.train = corpus.train.replacingStandardInput(by: spool.path)
    } else {
      corpus.train = try corpus.train.spoolingStandardInput(to: spool)
    }
    return corpus
  }

  /// The model that training starts from, if it does; it must be one of the configuration's.
  ///
  /// - Throws: ``TrainingError/invalid(_:)`` with everything in which they differ.
  private func initialModel() throws -> ModelLocation? {
    guard let path = configuration.initialModel else { return nil }
    let location = try ModelLocation(path: path)
    let description = try ModelDirectory.configuration(of: location.directory)
    let differences =
      configuration.model.differences(fromStart: description.model).map {
        "model.\($0.key) is \($0.own), its is \($0.other)"
      }
      + configuration.tokenizer.differences(
        from: try TextCodec(directory: location.directory).configuration
      ).map { "tokenizer.\($0.key) is \($0.own), its is \($0.other)" }
    guard differences.isEmpty else {
      throw TrainingError.invalid(
        "the model in \(path) is another one: \(differences.joined(separator: "; "))")
    }
    return location
  }

  /// Whether the run has saved anything that it can go on from.
  private var hasCheckpoint: Bool {
    get throws { try TrainingDirectory(path: output.path).checkpoints.latest() != nil }
  }

  /// The folder of the model that the run goes on from: its own, or the one that it starts from.
  private func describedModel() throws -> URL? {
    if try hasCheckpoint { return output }
    return try configuration.initialModel.map { try ModelLocation(path: $0).directory }
  }

  func codec(
    _ corpus: CorpusConfiguration, isInterrupted: @escaping () -> Bool = { false },
    _ observe: (TrainingEvent) -> Void
  ) throws -> TextCodec {
    let generation = try describedModel().flatMap { try ModelDirectory.generation(of: $0) }
    return try learnedCodec(corpus, isInterrupted: isInterrupted, observe)
      .numberingWords(for: configuration.model).beginningTargets(as: generation)
  }

  private func learnedCodec(
    _ corpus: CorpusConfiguration, isInterrupted: @escaping () -> Bool,
    _ observe: (TrainingEvent) -> Void
  ) throws -> TextCodec {
    let path = output.appendingPathComponent("tokenizer.json").path
    if FileManager.default.fileExists(atPath: path) { return try TextCodec(directory: output) }
    if let start = try initialModel() {
      observe(.note("starting from \(start.parametersPath)"))
      return try saved(TextCodec(directory: start.directory))
    }
    if let path = configuration.initialTokenizer {
      observe(.note("taking the tokenizer of \(path)"))
      return try saved(TextCodec(directory: URL(fileURLWithPath: path)))
    }
    observe(.note("learning a \(configuration.tokenizer.type.rawValue) tokenizer"))
    let codec = try TextCodec.train(configuration: configuration.tokenizer) {
      () throws(TextError) in
      try PairReader(
        corpus.train, root: corpus.root,
        paragraphSeparator: configuration.tokenizer.paragraphSeparator,
        isInterrupted: isInterrupted)
    }
    if isInterrupted() { throw TextError(.interrupted, found: "learning was interrupted") }
    try codec.save(to: output)
    return codec
  }

  /// A tokenizer learned elsewhere, with what this run puts around its tokens and how it samples them.
  private func saved(_ learned: TextCodec) throws -> TextCodec {
    let codec = TextCodec(
      configuration: configuration.tokenizer, source: learned.source, target: learned.target)
    try codec.save(to: output)
    return codec
  }

  private func validationSet(
    _ corpus: CorpusConfiguration, _ codec: TextCodec, isInterrupted: @escaping () -> Bool,
    _ observe: (TrainingEvent) -> Void
  ) throws -> ValidationSet? {
    guard corpus.validation != nil else { return nil }
    let prepared = try PreparedCorpus.prepare(
      .validation, of: corpus, codec: codec, into: output, isInterrupted: isInterrupted)
    observe(.note("validation data: \(prepared.report)"))
    let indices = 0..<prepared.count
    let words = indices.map { codec.unknownWords(of: prepared.sourceText(at: $0)) }
    return ValidationSet(
      pairs: indices.map {
        TokenBatch.Pair(
          source: Array(prepared.sourceTokens(at: $0)),
          target: Array(prepared.targetTokens(at: $0)))
      },
      references: indices.map { String(decoding: prepared.targetText(at: $0), as: UTF8.self) },
      decode: { codec.decodeTarget($1, words: words[$0]) })
  }
}
