/// What a run tells whoever watches it, as it happens.
public enum TrainingEvent: Sendable {
  /// So many training pairs have been read.
  case preparing(pairs: Int)
  /// Training begins, or goes on from a checkpoint.
  case started(Start)
  /// Progress, every `report_every_steps` steps.
  case report(TrainingReport)
  /// The model was examined.
  case validation(ValidationReport)
  /// The state was saved.
  case checkpoint(step: Int, path: String)
  /// Something worth knowing.
  case note(String)
  /// Training ended.
  case finished(TrainingOutcome)

  /// What training begins with.
  public struct Start: Sendable {
    /// Numbers that are trained.
    public var parameterCount: Int
    /// Threads that compute.
    public var workerCount: Int
    /// The step it goes on from; 0 at the beginning.
    public var step: Int
    /// Updates an epoch, by the number of batches of the first.
    public var stepsPerEpoch: Int
  }
}

/// Progress over the steps since the last report: a line of `metrics.jsonl`.
public struct TrainingReport: Codable, Hashable, Sendable {
  /// Updates made since the run began.
  public var step: Int
  /// Epochs begun, from 1.
  public var epoch: Int
  /// The loss trained on, label smoothing included, nats per target token.
  public var loss: Double
  /// −log p of the labels, nats per target token.
  public var negativeLogLikelihood: Double
  /// Share of target tokens that were the likeliest, 0–1.
  public var accuracy: Double
  /// The rate of the last update.
  public var learningRate: Double
  /// Mean norm of the gradient before clipping.
  public var gradientNorm: Double
  /// Target tokens a second, no pads, EOS included.
  public var targetTokensPerSecond: Double
  /// Seconds spent in training since the run began, those before a resume included.
  public var elapsedSeconds: Double
  /// What the training regime reports beside these, by the names in `metrics.jsonl`.
  public var figures: [String: Double] = [:]
  /// The last step if nothing ends the run before; nil when only epochs are limited and unknown.
  public var lastStep: Int?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case step, epoch, loss, accuracy
    case negativeLogLikelihood = "negative_log_likelihood"
    case learningRate = "learning_rate"
    case gradientNorm = "gradient_norm"
    case targetTokensPerSecond = "target_tokens_per_second"
    case elapsedSeconds = "elapsed_seconds"
  }
}

extension TrainingReport {
  /// The name of a regime's figure.
  private struct FigureName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads a line; what it does not know are a regime's figures.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double {
      try container.decode(Double.self, forKey: key)
    }
    self.init(
      step: try container.decode(Int.self, forKey: .step),
      epoch: try container.decode(Int.self, forKey: .epoch), loss: try number(.loss),
      negativeLogLikelihood: try number(.negativeLogLikelihood), accuracy: try number(.accuracy),
      learningRate: try number(.learningRate), gradientNorm: try number(.gradientNorm),
      targetTokensPerSecond: try number(.targetTokensPerSecond),
      elapsedSeconds: try number(.elapsedSeconds))
    let all = try decoder.container(keyedBy: FigureName.self)
    for name in all.allKeys where CodingKeys(stringValue: name.stringValue) == nil {
      figures[name.stringValue] = try all.decode(Double.self, forKey: name)
    }
  }

  /// Writes the figures beside the others, without the last step.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(step, forKey: .step)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(loss, forKey: .loss)
    try container.encode(negativeLogLikelihood, forKey: .negativeLogLikelihood)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encode(gradientNorm, forKey: .gradientNorm)
    try container.encode(targetTokensPerSecond, forKey: .targetTokensPerSecond)
    try container.encode(elapsedSeconds, forKey: .elapsedSeconds)
    var others = encoder.container(keyedBy: FigureName.self)
    for (name, value) in figures {
      try others.encode(value, forKey: FigureName(stringValue: name))
    }
  }

  /// Whether a name in `metrics.jsonl` is one that every report has.
  static func isCommon(_ name: String) -> Bool { CodingKeys(stringValue: name) != nil }
}

/// An examination of the model: a line of `metrics.jsonl`.
public struct ValidationReport: Codable, Hashable, Sendable {
  /// Updates made when the model was examined.
  public var step: Int
  /// Epochs begun, from 1.
  public var epoch: Int
  /// Cross-entropy, nats per target token.
  public var validationLoss: Double?
  /// e to the loss.
  public var validationPerplexity: Double?
  /// The share of target tokens that were the likeliest given the gold prefix, 0–1.
  public var validationAccuracy: Double?
  /// BLEU of decoded text, 0–100.
  public var validationBLEU: Double?
  /// chrF2 of decoded text, 0–100.
  public var validationCHRF: Double?
  /// ROUGE-L of decoded text, 0–100.
  public var validationROUGE: Double?
  /// The share of decoded texts that are right, 0–100.
  public var validationExactMatch: Double?
  /// Whether its value is better than that of every validation before it.
  public var isBest: Bool
  /// Seconds spent in training since the run began, those before a resume included.
  public var elapsedSeconds: Double

  enum CodingKeys: String, CodingKey {
    case step, epoch
    case validationLoss = "validation_loss"
    case validationPerplexity = "validation_perplexity"
    case validationAccuracy = "validation_accuracy"
    case validationBLEU = "validation_bleu"
    case validationCHRF = "validation_chrf"
    case validationROUGE = "validation_rouge"
    case validationExactMatch = "validation_exact_match"
    case isBest = "is_best"
    case elapsedSeconds = "elapsed_seconds"
  }

  /// The value of a metric, if it was measured.
  public subscript(metric: ValidationConfiguration.Metric) -> Double? {
    switch metric {
    case .loss: validationLoss
    case .accuracy: validationAccuracy
    case .bleu: validationBLEU
    case .chrf: validationCHRF
    case .rouge: validationROUGE
    case .exactMatch: validationExactMatch
    }
  }
}

/// How and where a run ended.
public struct TrainingOutcome: Hashable, Sendable {
  /// Why a run ended.
  public enum Reason: Hashable, Sendable {
    /// `max_steps` or `max_epochs` was reached.
    case completed
    /// So many validations brought no better value.
    case outOfPatience
    /// Somebody asked it to stop; it can be resumed.
    case interrupted
  }

  /// Why it ended.
  public var reason: Reason
  /// Updates made.
  public var step: Int
  /// Seconds spent in training since the run began, those before a resume included.
  public var elapsedSeconds: Double
  /// The step that the model's parameters are of, where they are the best and not the last.
  public var modelStep: Int?
}
