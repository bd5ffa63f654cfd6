internal import SeqDecoding
internal import SeqKernels
internal import SeqModels
internal import SeqTensors

/// The model is trained to lower the expected cost of what it says itself, by any metric on text.
///
/// Candidates are drawn from the model. Their probabilities, raised to the power ``sharpness`` and
/// renormalised over the candidates of a source, weigh their costs; the gradient of that expectation
/// is exact, and divided by the sharpness, to which it is proportional, so that the sharpness decides
/// what a candidate counts beside others and not what all count beside cross-entropy. It suits a model
/// that has learned with another regime before (`model.from`): from the start nearly all candidates are
/// equally bad.
///
/// - SeeAlso: Shen et al. 2016, arXiv:1512.02433.
public struct MinimumRisk: Codable, Hashable, Sendable {
  /// What a candidate costs.
  public var metric: SentenceMetric
  /// Candidates drawn for each source; equal ones count once.
  public var sampleCount: Int
  /// α, above 0: near 0 all candidates count alike, at 1 by their probabilities.
  public var sharpness: Double
  /// What the candidates are drawn at: 1 is the model's own distribution.
  public var temperature: Double
  /// Whether the gold target is one of the candidates.
  public var includesGold: Bool
  /// The share of cross-entropy in the loss, 0–1; the risk has the rest.
  ///
  /// Under a mean over tokens, cross-entropy counts by the token and the risk by the sentence.
  public var crossEntropyShare: Double

  /// By default the risk alone, by sentence BLEU over 16 candidates and α 0.005.
  ///
  /// They are drawn at temperature 0.5 and without gold, from near what a search finds, where the
  /// paper draws from the model's own distribution and adds gold: in hundreds of steps the search
  /// learns more of that.
  public init(
    metric: SentenceMetric = .bleu, sampleCount: Int = 16, sharpness: Double = 0.005,
    temperature: Double = 0.5, includesGold: Bool = false, crossEntropyShare: Double = 0
  ) {
    self.metric = metric
    self.sampleCount = sampleCount
    self.sharpness = sharpness
    self.temperature = temperature
    self.includesGold = includesGold
    self.crossEntropyShare = crossEntropyShare
  }
}

/// Minimum risk training at work.
struct MinimumRiskTraining: TrainingRegime {
  let configuration: MinimumRisk
  /// Makes text of target ids.
  let decode: @Sendable ([Int32]) -> String
  private let risk: any SentenceRisk

  init(_ configuration: MinimumRisk, decode: @escaping @Sendable ([Int32]) -> String) {
    self.configuration = configuration
    self.decode = decode
    risk = configuration.metric.risk
  }

  /// What the model may say to a source.
  private struct Candidate: Hashable {
    var tokens: [Int32]
    /// Whether EOS was said behind them; if not, they are the beginning of something longer.
    var ends: Bool
  }

  /// The candidates of a pair, what each costs, and the pair itself.
  private struct Candidates {
    let pair: TokenBatch.Pair
    var targets: [Candidate]
    var costs: [Double]

    var tokenCount: Int { targets.reduce(0) { $0 + max($1.tokens.count + 1, pair.source.count) } }
  }

  func learn(from slice: TrainingSlice) throws -> LearningSums {
    let share = Float(configuration.crossEntropyShare)
    var sums = share > 0 ? slice.learnLabels(scale: share) : LearningSums(slice.labelLosses())
    for candidates in chunks(try candidates(of: slice), tokenLimit: slice.tokenLimit) {
      let scale = (1 - share) * slice.sentenceScale / Float(configuration.sharpness)
      let risks = learn(from: candidates, of: slice, scale: scale)
      sums.figures.add("expected_risk", sum: risks.reduce(0, +), weight: Double(risks.count))
      sums.figures.add(
        "candidates", sum: Double(candidates.reduce(0) { $0 + $1.targets.count }),
        weight: Double(candidates.count))
    }
    return sums
  }

  /// Different candidates of every pair, gold among them if it is to be.
  private func candidates(of slice: TrainingSlice) throws -> [Candidates] {
    let samples = try slice.ownTargets(
      count: configuration.sampleCount, temperature: configuration.temperature, use: "candidates")
    return zip(slice.pairs, samples).map { pair, samples in
      let reference = reference(of: pair, unknown: slice.model.specialTokens.unknown)
      let gold = Candidate(tokens: pair.target, ends: true)
      let said = samples.map { Candidate(tokens: $0.tokens, ends: $0.stopReason == .endToken) }
      var seen: Set<Candidate> = []
      let different = ((configuration.includesGold ? [gold] : []) + said).filter {
        // What neither says a token nor ends says nothing that could be learned.
        ($0.ends || !$0.tokens.isEmpty) && seen.insert($0).inserted
      }
      return Candidates(
        pair: pair, targets: different,
        costs: different.map { risk(decode($0.tokens), reference: reference) })
    }
  }

  /// The gold target as text, in which unknown words are nothing that a candidate can say: saying
  /// "unknown" is not being right.
  private func reference(of pair: TokenBatch.Pair, unknown: Int32) -> String {
    let text = decode(pair.target)
    return pair.target.contains(unknown) ? text.replacing("\u{2047}", with: "\u{FFFC}") : text
  }

  /// Candidates of as many sources as fit into one computation.
  private func chunks(_ candidates: [Candidates], tokenLimit: Int) -> [[Candidates]] {
    var chunks: [[Candidates]] = []
    var filled = 0
    for next in candidates {
      if chunks.isEmpty || filled + next.tokenCount > tokenLimit {
        chunks.append([])
        filled = 0
      }
      chunks[chunks.count - 1].append(next)
      filled += next.tokenCount
    }
    return chunks
  }

  /// The expected risk of each source, forward and back.
  private func learn(
    from candidates: [Candidates], of slice: TrainingSlice, scale: Float
  ) -> [Double] {
    let context = slice.contexts.training
    context.seedDropout(slice.key(for: "risk"))
    let pairs = candidates.flatMap { candidates in
      candidates.targets.enumerated().map { number, target in
        TokenBatch.Pair(
          source: candidates.pair.source,
          target: target.ends ? target.tokens : target.tokens.dropLast(),
          firstRowIDs: (
            Self.rowID(candidates.pair.firstRowIDs.source, number),
            Self.rowID(candidates.pair.firstRowIDs.target, number)
          ))
      }
    }
    let batch = TokenBatch(pairs, slice.model.specialTokens)
    // What was cut off did not say EOS: its last label is its last token.
    var labels = batch.labels
    for (index, target) in candidates.flatMap(\.targets).enumerated() where !target.ends {
      if let last = target.tokens.last { labels[batch.targets.offsets[index + 1] - 1] = last }
    }
    let logits = slice.model.logits(slice.model.states(of: batch, in: context))
    let (sum, risks) = logits.divided(into: batch.targets)
      .sequenceLogProbabilities(of: labels)
      .expectedCost(
        candidates.flatMap(\.costs), groupSizes: candidates.map(\.targets.count),
        sharpness: configuration.sharpness, scale: scale)
    sum.backward()
    return risks
  }

  /// Where the dropout draws of a candidate begin: a function of the pair and the candidate alone.
  private static func rowID(_ first: UInt32, _ number: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: CountedRandom.hash([UInt64(first), UInt64(number)]))
  }
}
