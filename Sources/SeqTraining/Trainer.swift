internal import Foundation
internal import SeqCheckpoints
internal import SeqDecoding
internal import SeqKernels
public import SeqModels
internal import SeqOptimizers
internal import SeqTensors

/// Trains a model: batches, updates, reports, validations, checkpoints, and the way back from them.
///
/// The same configuration, data, machine type and number of workers give the same parameters, bit
/// for bit, whether the run was interrupted or not.
public final class Trainer {
  private let configuration: RunConfiguration
  private let model: any EncoderDecoder
  private let data: any TrainingData
  private var workers: GradientWorkers
  private let validationSet: ValidationSet?
  private let directory: TrainingDirectory
  private let metrics: MetricsLog
  private let observe: (TrainingEvent) -> Void
  private var state: TrainingState
  private var lastCheckpoint: CheckpointFolder.Checkpoint?
  /// Batches of the first epoch, which stands for all: epochs differ in a batch or two at most.
  private let firstEpochBatchCount: Int
  private let lock: DirectoryLock

  /// Prepares a run, new or resumed.
  ///
  /// The run lives in the directory at `path`, which is made if it is missing. With `resuming` it
  /// goes on from the newest checkpoint there. `observe` is told what happens, on the calling
  /// thread.
  ///
  /// - Throws: ``TrainingError``, ``CheckpointError``.
  public convenience init(
    _ configuration: RunConfiguration, model: any EncoderDecoder, data: any TrainingData,
    validation: ValidationSet?, directory path: String, resuming: Bool, workerCount: Int,
    observe: @escaping (TrainingEvent) -> Void
  ) throws {
    let directory = TrainingDirectory(path: path)
    let lock = try directory.claim(configuration, resuming: resuming)
    try self.init(
      configuration, model: model, data: data, validation: validation, in: directory, lock: lock,
      resuming: resuming, workerCount: workerCount, observe: observe)
  }

  /// As the public one, in a directory that is claimed already.
  init(
    _ configuration: RunConfiguration, model: any EncoderDecoder, data: any TrainingData,
    validation: ValidationSet?, in directory: TrainingDirectory, lock: DirectoryLock,
    resuming: Bool, workerCount: Int, observe: @escaping (TrainingEvent) -> Void
  ) throws {
    self.lock = lock
    self.configuration = configuration
    self.model = model
    self.data = TrainingDataAhead(data)
    self.observe = observe
    self.directory = directory
    let problems = configuration.training.regime.problems(for: configuration.model)
    guard problems.isEmpty else {
      throw TrainingError.invalid("training.regime: " + problems.joined(separator: "; "))
    }
    let optimizer = configuration.training.optimizer.optimizer(for: model.store)
    let average = configuration.training.emaDecay.map { MovingAverage(of: model.store, decay: $0) }
    let regime = configuration.training.regime.regime(
      for: model, seed: configuration.training.seed, decode: data.decodeTarget)
    workers = try GradientWorkers(
      model: model, regime: regime, optimizer: optimizer, average: average,
      pool: ComputePool(
        workerCount: workerCount, store: model.store, auxiliaryStore: regime.ownStore,
        trainingPrecision: configuration.training.precision.operands))
    validationSet = validation
    state = TrainingState()
    state.workerCount = workerCount
    if resuming, let saved = try directory.load(into: model.store, optimizer, average, regime) {
      state = saved
      if saved.workerCount != workerCount {
        observe(
          .note(
            "the run had \(saved.workerCount) workers, now \(workerCount): sums will differ in rounding"
          ))
        state.workerCount = workerCount
      }
      lastCheckpoint = try directory.checkpoints.latest()
      try Self.checkPlace(saved, in: self.data, of: lastCheckpoint?.path ?? directory.path)
    }
    metrics = try MetricsLog(
      path: directory.metricsPath, keeping: state.metricsByteCount, after: state.step)
    if metrics.byteCount < state.metricsByteCount {
      observe(.note("\(directory.metricsPath) has lost lines since the checkpoint was saved"))
    }
    if configuration.training.precision == .bfloat16 && !MatrixProduct.hasBFloat16 {
      observe(
        .note(
          "this processor has no instructions for bfloat16: the same numbers at float32's speed"))
    }
    // Of a resumed run known already: nobody has to form the batches of the first epoch again.
    firstEpochBatchCount = try state.firstEpochBatchCount ?? self.data.batchCount(epoch: 0)
    state.firstEpochBatchCount = firstEpochBatchCount
    try keepWithinMemory()
    warnOfLateWarmup()
  }

  /// A rate that has not risen when the run ends is seldom what somebody wanted.
  private func warnOfLateWarmup() {
    let schedule = configuration.training.schedule
    guard let lastStep, lastStep < schedule.warmupSteps else { return }
    let rate = schedule.rate(at: lastStep, lastStep: lastStep)
    observe(
      .note(
        "training.schedule: the warm-up takes \(schedule.warmupSteps) steps and the run has \(lastStep): "
          + String(format: "its rate ends at %.2e, peak_rate is %.2e", rate, schedule.peakRate)))
  }

  /// Trains to the end.
  ///
  /// `isInterrupted` is asked before every step; when true, the state is saved and training stops.
  ///
  /// - Returns: How the run ended, and after how many steps.
  /// - Throws: ``TrainingError``, ``CheckpointError``, and what the data throw.
  public func run(isInterrupted: () -> Bool = { false }) throws -> TrainingOutcome {
    observe(
      .started(
        .init(
          parameterCount: model.store.valueCount, workerCount: workers.pool.count,
          step: state.step, stepsPerEpoch: stepsPerEpoch)))
    var reason = TrainingOutcome.Reason.completed
    while try !isComplete() {
      if isOutOfPatience {
        reason = .outOfPatience
        break
      }
      if isInterrupted() {
        reason = .interrupted
        break
      }
      let started = ContinuousClock.now
      let epochEnded = try step()
      let seconds = (ContinuousClock.now - started).inSeconds
      state.elapsedSeconds += seconds
      state.window.seconds += seconds
      if state.step % configuration.training.reportEverySteps == 0 { try report() }
      let validated = try validateIfDue(epochEnded: epochEnded)
      if validated || state.step % configuration.training.checkpointEverySteps == 0 {
        try checkpoint()
      }
    }
    return try finish(reason)
  }

  /// Makes sure that the data have the batch that a checkpoint says is next, before metrics are cut
  /// back to it.
  private static func checkPlace(
    _ state: TrainingState, in data: any TrainingData, of path: String
  ) throws {
    guard state.batch > 0 else { return }
    let batches = try data.batchCount(epoch: state.epoch)
    guard state.batch >= batches else { return }
    throw TrainingError.damaged(
      path: path, reason: "batch \(state.batch) of \(batches) is to come next",
      hint: "delete it to go on from the checkpoint before it")
  }

  /// Makes slices small enough for the memory that the configuration allows.
  ///
  /// Found by rehearsing the last step, when a regime computes most, and kept: a resumed run computes the
  /// same sums.
  private func keepWithinMemory() throws {
    guard let limit = configuration.training.memory else { return }
    let last = lastStep ?? Int(Int32.max)
    if let found = state.slices, found.limit == limit, found.workerCount == workers.pool.count {
      workers.sliceTokens = found.tokens
    } else if try data.batchCount(epoch: 0) > 0 {
      // What decodes multiplies by a packed copy of the parameters.
      let decodes = validationSet != nil || configuration.training.regime.decodes
      let lasting = workers.lastingBytes + (decodes ? 4 * model.store.valueCount : 0)
      let room = SliceMemory.room(within: limit, lastingBytes: lasting)
      guard
        let memory = try workers.sliceMemory(
          of: try data.pairs(epoch: 0, batch: 0), at: TrainingMoment(step: last, lastStep: last),
          within: room)
      else { return }
      workers.sliceTokens = try memory.tokens(
        within: limit, workerCount: workers.pool.count, lastingBytes: lasting)
      state.slices = TrainingState.Slices(
        tokens: workers.sliceTokens, limit: limit, workerCount: workers.pool.count)
    }
    if workers.sliceTokens < SliceMemory.fullSlice {
      observe(
        .note(
          "training.memory: each worker computes \(workers.sliceTokens) tokens at a time, at full "
            + "speed it would be \(SliceMemory.fullSlice)"))
    }
  }

  private func finish(_ reason: TrainingOutcome.Reason) throws -> TrainingOutcome {
    if lastCheckpoint?.step != state.step { try checkpoint() }
    if reason != .interrupted { try examineEnd() }
    // Patience has found the last parameters worse than others.
    let takesBest = reason == .outOfPatience && configuration.training.averageLast == 1
    try workers.withAverage {
      try directory.writeModel(
        state, averageLast: takesBest ? 0 : configuration.training.averageLast, store: model.store)
    }
    drawCurves()
    let isBest = takesBest || configuration.training.averageLast == 0
    let outcome = TrainingOutcome(
      reason: reason, step: state.step, elapsedSeconds: state.elapsedSeconds,
      modelStep: isBest ? state.best?.step : nil)
    observe(.finished(outcome))
    return outcome
  }

  /// Reports the steps since the last report, and validates unless that was just done.
  ///
  /// The checkpoint has been saved before: a run that is given a later end goes on as if it had always
  /// had that.
  private func examineEnd() throws {
    if state.window.steps > 0 { try report() }
    let validation = configuration.validation
    let isValidated = validation.isDue(
      afterStep: state.step, epoch: state.epoch, endsEpoch: state.batch == 0)
    if !isValidated, state.step > 0 { try validate() }
  }

  // MARK: Ends

  private func isComplete() throws -> Bool {
    if let maxSteps = configuration.training.maxSteps, state.step >= maxSteps { return true }
    if let maxEpochs = configuration.training.maxEpochs, state.epoch >= maxEpochs { return true }
    return false
  }

  private var isOutOfPatience: Bool {
    configuration.validation.patience.map { state.validationsWithoutGain >= $0 } ?? false
  }

  private var stepsPerEpoch: Int {
    let accumulation = configuration.training.accumulation
    return firstEpochBatchCount / accumulation
      + (firstEpochBatchCount % accumulation == 0 ? 0 : 1)
  }

  /// The last step, as far as it is known, for schedules and for the time left.
  private var lastStep: Int? {
    let bySteps = configuration.training.maxSteps
    let byEpochs = configuration.training.maxEpochs.map { epochs in
      let (steps, overflows) = epochs.multipliedReportingOverflow(by: stepsPerEpoch)
      return overflows ? Int.max : steps
    }
    return [bySteps, byEpochs].compactMap { $0 }.min()
  }

  // MARK: Steps

  /// One update.
  ///
  /// - Returns: Whether it was the last of its epoch.
  private func step() throws -> Bool {
    let training = configuration.training
    let batches = try data.batchCount(epoch: state.epoch)
    guard batches > 0 else {
      throw TrainingError.invalid("no training pair is left after skipping: see the report above")
    }
    var lines: [Int] = []
    var figures = ReportFigures()
    let moment = TrainingMoment(step: state.step + 1, lastStep: lastStep)
    let last = state.batch + min(training.accumulation, batches - state.batch)
    let accumulated = try (state.batch..<last).map { try data.pairs(epoch: state.epoch, batch: $0) }
    let sentences = accumulated.reduce(0) { $0 + $1.count }
    let tokens = accumulated.joined().reduce(0) { $0 + $1.target.count + 1 }
    let sentenceScale =
      training.lossMean == .token ? Float(tokens) / Float(max(sentences, 1)) : 1
    for (batch, pairs) in zip(state.batch..<last, accumulated) {
      let key = CountedRandom.hash([training.seed, UInt64(state.epoch), UInt64(batch)])
      let sums: LearningSums
      do {
        sums = try workers.accumulate(
          pairs, at: moment, labelSmoothing: training.labelSmoothing,
          alignmentWeight: training.alignmentWeight, sentenceScale: sentenceScale, key: key)
      } catch SearchError.notANumber {
        // A regime that lets the model speak hears it before there is a loss.
        throw nonFinite(
          "what the model says", try data.lineNumbers(epoch: state.epoch, batch: batch))
      }
      state.window.loss += sums.losses.loss
      state.window.negativeLogLikelihood += sums.losses.negativeLogLikelihood
      state.window.correctCount += sums.losses.correctCount
      figures += sums.figures
      if let name = sums.losses.loss.isFinite ? sums.figures.nonFiniteName : "loss" {
        throw nonFinite("the \(name)", try data.lineNumbers(epoch: state.epoch, batch: batch))
      }
    }
    state.window.targetTokens += tokens
    let rate = training.schedule.rate(at: state.step + 1, lastStep: lastStep)
    let divisor = training.lossMean == .token ? tokens : sentences
    let norm = try workers.update(dividingBy: divisor, rate: rate)
    guard norm.isFinite else {
      for batch in state.batch..<last {
        lines += try data.lineNumbers(epoch: state.epoch, batch: batch)
      }
      throw nonFinite("the gradient", lines)
    }
    try workers.finishStep(figures, rateShare: rate / training.schedule.peakRate)
    if !figures.isEmpty { state.window.figures = (state.window.figures ?? .init()) + figures }
    state.window.gradientNorm += norm
    state.window.steps += 1
    state.step += 1
    state.batch = last
    guard last == batches else { return false }
    state.epoch += 1
    state.batch = 0
    return true
  }

  private func nonFinite(_ what: String, _ lines: [Int]) -> TrainingError {
    .nonFinite(
      step: state.step + 1, what: what, lines: lines.sorted(), lastCheckpoint: lastCheckpoint?.path)
  }

  // MARK: Reports

  private func report() throws {
    let window = state.window
    let tokens = Double(max(window.targetTokens, 1))
    let report = TrainingReport(
      step: state.step, epoch: state.batch == 0 ? state.epoch : state.epoch + 1,
      loss: window.loss / tokens,
      negativeLogLikelihood: window.negativeLogLikelihood / tokens,
      accuracy: Double(window.correctCount) / tokens,
      learningRate: configuration.training.schedule.rate(
        at: state.step, lastStep: lastStep),
      gradientNorm: window.gradientNorm / Double(max(window.steps, 1)),
      targetTokensPerSecond: tokens / max(window.seconds, 1e-9),
      elapsedSeconds: state.elapsedSeconds, figures: window.figures?.means ?? [:],
      lastStep: lastStep)
    try metrics.append(report)
    observe(.report(report))
    state.window = TrainingState.Window()
  }

  private func validateIfDue(epochEnded: Bool) throws -> Bool {
    let validation = configuration.validation
    let isDue = validation.isDue(
      afterStep: state.step, epoch: state.epoch, endsEpoch: epochEnded)
    let keeps = configuration.training.averageLast > 1
    if keeps && (validation.everySteps == nil ? epochEnded : isDue) { try keepSnapshot() }
    return isDue ? try validate() : false
  }

  /// Examines the model.
  ///
  /// - Returns: Whether there is anything to examine it on.
  @discardableResult
  private func validate() throws -> Bool {
    guard let validationSet else { return false }
    let validation = configuration.validation
    let validator = Validator(set: validationSet, configuration: validation, workers: workers)
    let started = ContinuousClock.now
    let values = try workers.withAverage { try validator() }
    let seconds = (ContinuousClock.now - started).inSeconds
    state.elapsedSeconds += seconds
    var report = ValidationReport(
      step: state.step, epoch: state.batch == 0 ? state.epoch : state.epoch + 1,
      validationLoss: values[.loss], validationPerplexity: values[.loss].map { exp($0) },
      validationAccuracy: values[.accuracy], validationBLEU: values[.bleu],
      validationCHRF: values[.chrf], validationROUGE: values[.rouge],
      validationExactMatch: values[.exactMatch], isBest: false,
      elapsedSeconds: state.elapsedSeconds)
    if let metric = validation.bestBy ?? validation.metrics.last, let value = report[metric] {
      report.isBest =
        value.isFinite && state.best.map { metric.prefers(value, to: $0.value) } ?? true
      if report.isBest {
        state.best = .init(step: state.step, value: value)
        state.validationsWithoutGain = 0
      } else {
        state.validationsWithoutGain += 1
      }
    }
    try metrics.append(report)
    observe(.validation(report))
    drawCurves()
    return true
  }

  /// A picture is no reason to stop training.
  private func drawCurves() {
    do { try directory.writeCurves() } catch {
      observe(.note("the learning curves could not be drawn: \(error)"))
    }
  }

  // MARK: Saving

  private func keepSnapshot() throws {
    try model.store.save(to: directory.snapshotPath(step: state.step))
    // The files stay until a checkpoint no longer needs them.
    state.snapshots = Array(
      (state.snapshots + [state.step]).suffix(configuration.training.averageLast))
  }

  private func checkpoint() throws {
    metrics.synchronize()
    state.metricsByteCount = metrics.byteCount
    let checkpoint = try directory.save(
      state, model.store, workers.optimizer, workers.average, workers.regime)
    lastCheckpoint = checkpoint
    try directory.checkpoints.prune(
      keeping: configuration.training.keepCheckpoints, and: Set(state.best.map { [$0.step] } ?? []))
    try directory.pruneSnapshots()
    observe(.checkpoint(step: checkpoint.step, path: checkpoint.path))
  }
}

extension ValidationConfiguration.Metric {
  /// Whether a value is better than another.
  func prefers(_ value: Double, to other: Double) -> Bool {
    switch self {
    case .loss: value < other
    case .accuracy, .bleu, .chrf, .rouge, .exactMatch: value > other
    }
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
