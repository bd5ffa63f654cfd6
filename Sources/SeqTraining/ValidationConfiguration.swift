/// When and how a model in training is examined: the `validation` section.
public struct ValidationConfiguration: Codable, Hashable, Sendable {
  /// What is measured on the validation pairs.
  public enum Metric: String, Codable, Hashable, Sendable, CaseIterable {
    /// Cross-entropy without smoothing, nats per target token.
    case loss
    /// The share of target tokens, EOS included, that are the likeliest given the gold prefix, 0–1.
    case accuracy
    /// sacreBLEU's corpus BLEU of decoded text, 0–100.
    case bleu
    /// sacreBLEU's chrF2 of decoded text, 0–100.
    case chrf
    /// ROUGE-L of decoded text, 0–100, words being letters and digits of every script.
    case rouge
    /// The share of decoded texts with the words of their references, 0–100.
    case exactMatch = "exact_match"
  }

  /// Epochs between validations; nil when ``everySteps`` counts instead.
  public var everyEpochs: Int?
  /// Steps between validations; nil when ``everyEpochs`` counts.
  public var everySteps: Int?
  /// What is measured each time.
  public var metrics: [Metric]
  /// The metric that says which checkpoint is best; nil takes the last of ``metrics``.
  public var bestBy: Metric?
  /// Validations without a better value before training stops; nil never stops early.
  public var patience: Int?
  /// Hypotheses kept when text is decoded for metrics on text; 1 is greedy.
  public var beamSize: Int

  /// By default loss and accuracy once an epoch, without an early end.
  public init(
    everyEpochs: Int? = 1, everySteps: Int? = nil, metrics: [Metric] = [.loss, .accuracy],
    bestBy: Metric? = nil, patience: Int? = nil, beamSize: Int = 1
  ) {
    self.everyEpochs = everyEpochs
    self.everySteps = everySteps
    self.metrics = metrics
    self.bestBy = bestBy
    self.patience = patience
    self.beamSize = beamSize
  }

  /// Whether the model is to be examined after a step, with so many epochs ended.
  func isDue(afterStep step: Int, epoch: Int, endsEpoch: Bool) -> Bool {
    let byEpochs = everyEpochs.map { endsEpoch && epoch % $0 == 0 } ?? false
    return byEpochs || everySteps.map { step % $0 == 0 } ?? false
  }
}
