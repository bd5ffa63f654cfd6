public import SeqOptimizers

/// How long, on how much at a time, and by which rule a model learns: the `training` section.
public struct TrainingConfiguration: Codable, Hashable, Sendable {
  /// Target tokens a batch where nothing else is said.
  public static let defaultBatchTokens = 4096

  /// Target tokens a batch, EOS included; nil when ``batchSentences`` counts instead.
  public var batchTokens: Int?
  /// Sentence pairs a batch.
  public var batchSentences: Int?
  /// Batches whose gradients are summed into one step.
  public var accumulation: Int
  /// The run ends at the first of these; nil means no such end. At least one is set.
  public var maxSteps: Int?
  public var maxEpochs: Int?
  /// The share of probability spread evenly over the vocabulary (Szegedy et al. 2016), 0–1.
  public var labelSmoothing: Double
  public var optimizer: OptimizerConfiguration
  public var schedule: ScheduleConfiguration
  public var seed: UInt64
  /// Steps between reports of progress.
  public var reportEverySteps: Int
  /// Steps between checkpoints; validations also leave one.
  public var checkpointEverySteps: Int
  /// Checkpoints kept, the newest first, beside the best.
  public var keepCheckpoints: Int
  /// The final model is the mean of the parameters at the last so many epochs' ends (or
  /// validations, when they come by steps); 1 takes the last as it is, 0 the best by validation.
  public var averageLast: Int

  public init(
    batchTokens: Int? = defaultBatchTokens, batchSentences: Int? = nil, accumulation: Int = 1,
    maxSteps: Int? = nil, maxEpochs: Int? = nil, labelSmoothing: Double = 0.1,
    optimizer: OptimizerConfiguration = .init(), schedule: ScheduleConfiguration = .init(),
    seed: UInt64 = 1, reportEverySteps: Int = 50, checkpointEverySteps: Int = 500,
    keepCheckpoints: Int = 2, averageLast: Int = 1
  ) {
    self.batchTokens = batchTokens
    self.batchSentences = batchSentences
    self.accumulation = accumulation
    self.maxSteps = maxSteps
    self.maxEpochs = maxEpochs
    self.labelSmoothing = labelSmoothing
    self.optimizer = optimizer
    self.schedule = schedule
    self.seed = seed
    self.reportEverySteps = reportEverySteps
    self.checkpointEverySteps = checkpointEverySteps
    self.keepCheckpoints = keepCheckpoints
    self.averageLast = averageLast
  }
}
