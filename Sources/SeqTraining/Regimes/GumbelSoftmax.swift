package import SeqModels
package import SeqTensors

/// Where the decoder does not read the gold token it reads a relaxed draw from what it just said, and
/// the gradient flows on through that draw.
///
/// As in ``ScheduledSampling`` the ratio is the probability of the gold token. What is read is the
/// expected embedding under Gumbel-softmax weights or, straight through, the embedding of their
/// largest, with the gradient of the weights.
///
/// - SeeAlso: Jang et al. 2017, arXiv:1611.01144; Goyal et al. 2017, arXiv:1704.06970.
public struct GumbelSoftmax: Codable, Hashable, Sendable {
  /// The probability of the gold token, 0–1.
  public var ratio: Annealing
  /// What one draw between gold and own decides.
  public var unit: DrawUnit
  /// The temperature of the draws, above 0: low ones are nearer to tokens, their gradients noisier.
  public var temperature: Annealing
  /// Whether one token is read, instead of a mixture.
  public var straightThrough: Bool

  /// The temperature falls by default as e^(−10⁻⁴·i), to ½ at the lowest.
  public init(
    ratio: Annealing, unit: DrawUnit = .token,
    temperature: Annealing = Annealing(.exponential, start: 1, end: 0.5, decay: 0.9999),
    straightThrough: Bool = false
  ) {
    self.ratio = ratio
    self.unit = unit
    self.temperature = temperature
    self.straightThrough = straightThrough
  }
}

extension GumbelSoftmax: TrainingRegime {
  package func learn(from slice: TrainingSlice) -> LearningSums {
    let feed = feed(for: slice)
    var sums = slice.learnLabels(feed: feed)
    sums.figures.add("gold_ratio", feed.choice.ratio, for: slice.targetTokenCount)
    sums.figures.add("temperature", feed.temperature, for: slice.targetTokenCount)
    return sums
  }

  package func feed(for slice: TrainingSlice) -> GumbelFeed {
    GumbelFeed(
      choice: GoldChoice(
        ratio: ratio.value(at: slice.moment), unit: unit, key: slice.key(for: "gold or own")),
      temperature: temperature.value(at: slice.moment), isStraightThrough: straightThrough,
      key: slice.key(for: "Gumbel noise"))
  }
}

/// Puts relaxed draws of the model's own in the place of gold tokens.
package struct GumbelFeed: InputFeed {
  let choice: GoldChoice
  let temperature: Double
  let isStraightThrough: Bool
  /// Names the noise.
  let key: UInt64

  package var isDifferentiable: Bool { true }

  package func ownRows(of batch: TokenBatch) -> [Int] { choice.ownRows(of: batch) }

  package func inputs(rows: [Int], of batch: TokenBatch, logits: Tensor) -> OwnInputs {
    let weights = logits.gumbelSoftmax(
      temperature: Float(temperature), key: key, rowIDs: rows.map { batch.targets.rowIDs[$0] },
      excluding: batch.specialTokens.unreadable)
    return .mixtures(isStraightThrough ? weights.straightThrough() : weights)
  }
}
