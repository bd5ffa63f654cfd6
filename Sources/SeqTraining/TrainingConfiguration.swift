internal import SeqKernels
public import SeqOptimizers
public import SeqText

/// How long, on how much at a time, and by which rule a model learns: the `training` section.
public struct TrainingConfiguration: Codable, Hashable, Sendable {
  /// Target tokens a batch where nothing else is said.
  public static let defaultBatchTokens = 4096

  /// What a step's loss is divided by before its gradient is clipped and taken.
  public enum LossMean: String, Codable, Hashable, Sendable, CaseIterable {
    /// The target tokens, EOS included: every token counts the same.
    case token
    /// The sentence pairs: gradients grow with the length of the targets.
    case sentence
  }

  /// The numbers that the operands of products are.
  public enum ProductPrecision: String, Codable, Hashable, Sendable, CaseIterable {
    /// Products of parameters as they are.
    case float32
    /// Operands rounded to bfloat16: twice as fast where the processor multiplies such numbers
    /// itself (AVX512-BF16, AMX), the same numbers without the speed where it does not.
    case bfloat16
  }

  /// Target tokens a batch, EOS included; nil when ``batchSentences`` counts instead.
  public var batchTokens: Int?
  /// The most source tokens in a batch that ``batchTokens`` fills; nil is twice those.
  ///
  /// Where sources are much longer than targets this, not the targets, decides what memory a batch
  /// takes.
  public var batchSourceTokens: Int?
  /// Sentence pairs a batch.
  public var batchSentences: Int?
  /// Batches whose gradients are summed into one step.
  public var accumulation: Int
  /// Bytes that the run is to keep to; nil lets it take what full speed takes.
  ///
  /// Batches stay what they are: workers only compute them in smaller slices.
  public var memory: Int?
  /// Updates after which the run ends; nil leaves that to ``maxEpochs``.
  ///
  /// The first of the two ends it; at least one is set.
  public var maxSteps: Int?
  /// Passes over the corpus after which the run ends; nil leaves that to ``maxSteps``.
  public var maxEpochs: Int?
  /// The share of probability spread evenly over the vocabulary, 0–1.
  ///
  /// - SeeAlso: Szegedy et al. 2016, arXiv:1512.00567, §7.
  public var labelSmoothing: Double
  /// What the loss on alignments counts beside cross-entropy, where the corpus has alignments.
  ///
  /// - SeeAlso: Garg et al. 2019, arXiv:1909.02074, §5.1, where it is λ.
  public var alignmentWeight: Double
  /// What the loss is divided by; reports are per target token either way.
  public var lossMean: LossMean
  /// What the decoder reads, and what is learned beside the labels.
  public var regime: RegimeConfiguration
  /// What matrices are multiplied in; parameters, gradients and all sums are float32.
  public var precision: ProductPrecision
  /// Which rule turns gradients into updates.
  public var optimizer: OptimizerConfiguration
  /// The learning rate over steps.
  public var schedule: ScheduleConfiguration
  /// What initial values, the order of batches and dropout are drawn from.
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
  /// The share of itself that an exponential moving average of the parameters keeps at each update,
  /// 0 ..< 1; nil keeps no average.
  ///
  /// With one, validation examines the average, and the final model is the average, at the end or at
  /// the best validation. It does not go with an ``averageLast`` above 1, which averages the same
  /// path a second time.
  public var emaDecay: Double?

  /// Every choice has the default that the command line documents; an end must be given.
  public init(
    batchTokens: Int? = defaultBatchTokens, batchSourceTokens: Int? = nil,
    batchSentences: Int? = nil, accumulation: Int = 1, memory: Int? = nil,
    maxSteps: Int? = nil, maxEpochs: Int? = nil,
    labelSmoothing: Double = 0.1, alignmentWeight: Double = 0.05, lossMean: LossMean = .token,
    regime: RegimeConfiguration = .teacherForcing,
    precision: ProductPrecision = .float32, optimizer: OptimizerConfiguration = .init(),
    schedule: ScheduleConfiguration = .init(),
    seed: UInt64 = 1, reportEverySteps: Int = 50, checkpointEverySteps: Int = 500,
    keepCheckpoints: Int = 2, averageLast: Int = 1,
    emaDecay: Double? = nil
  ) {
    self.batchTokens = batchTokens
    self.batchSourceTokens = batchSourceTokens
    self.batchSentences = batchSentences
    self.accumulation = accumulation
    self.memory = memory
    self.maxSteps = maxSteps
    self.maxEpochs = maxEpochs
    self.labelSmoothing = labelSmoothing
    self.alignmentWeight = alignmentWeight
    self.lossMean = lossMean
    self.regime = regime
    self.precision = precision
    self.optimizer = optimizer
    self.schedule = schedule
    self.seed = seed
    self.reportEverySteps = reportEverySteps
    self.checkpointEverySteps = checkpointEverySteps
    self.keepCheckpoints = keepCheckpoints
    self.averageLast = averageLast
    self.emaDecay = emaDecay
  }

  /// How much goes into a batch.
  public var batchSize: BatchSize {
    if let batchSentences { return .sentences(batchSentences) }
    let tokens = batchTokens ?? Self.defaultBatchTokens
    return .targetTokens(tokens, sourceLimit: batchSourceTokens ?? 2 * tokens)
  }
}

extension TrainingConfiguration.ProductPrecision {
  /// What a context of training is told.
  var operands: Precision {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    }
  }
}
