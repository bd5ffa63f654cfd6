internal import SeqKernels
package import SeqModels
package import SeqTensors
internal import SeqText

/// The decoder reads gold tokens with a probability that falls over the run, and its own otherwise.
///
/// The ratio is the probability of the gold token: 1 is teacher forcing, 0 never reads gold. Labels
/// are gold all the same, EOS the last of them. What the model is given of its own is what it would
/// read next while running free: never padding, BOS or EOS.
///
/// - SeeAlso: Bengio et al. 2015, arXiv:1506.03099; for the Transformer, which computes all
///   positions at once, in two passes: Mihaylova & Martins 2019, arXiv:1906.07651.
public struct ScheduledSampling: Codable, Hashable, Sendable {
  /// Which of its own tokens the decoder reads.
  public enum OwnToken: String, Codable, Hashable, Sendable, CaseIterable {
    /// The likeliest.
    case argmax
    /// One drawn from the model's distribution.
    case sample
  }

  /// The probability of the gold token, 0–1.
  public var ratio: Annealing
  /// What one draw decides.
  public var unit: DrawUnit
  /// Which token stands in for gold.
  public var ownToken: OwnToken

  /// By default tokens are drawn one by one and the likeliest are read.
  public init(ratio: Annealing, unit: DrawUnit = .token, ownToken: OwnToken = .argmax) {
    self.ratio = ratio
    self.unit = unit
    self.ownToken = ownToken
  }
}

extension ScheduledSampling: TrainingRegime {
  package func learn(from slice: TrainingSlice) -> LearningSums {
    let feed = feed(for: slice)
    var sums = slice.learnLabels(feed: feed)
    sums.figures.add("gold_ratio", feed.choice.ratio, for: slice.targetTokenCount)
    return sums
  }

  package func feed(for slice: TrainingSlice) -> ScheduledFeed {
    let ratio = self.ratio.value(at: slice.moment)
    return ScheduledFeed(
      choice: GoldChoice(ratio: ratio, unit: unit, key: slice.key(for: "gold or own")),
      ownToken: ownToken, key: slice.key(for: "own token"))
  }
}

/// Puts tokens of the model's own in the place of gold ones.
package struct ScheduledFeed: InputFeed {
  let choice: GoldChoice
  let ownToken: ScheduledSampling.OwnToken
  /// Names the draws of tokens.
  let key: UInt64

  package var isDifferentiable: Bool { false }

  package func ownRows(of batch: TokenBatch) -> [Int] { choice.ownRows(of: batch) }

  package func inputs(rows: [Int], of batch: TokenBatch, logits: Tensor) -> OwnInputs {
    let columns = logits.shape.columns
    return .tokens(
      rows.enumerated().map { index, row in
        let logits = UnsafePointer(logits.pointer + index * columns)
        switch ownToken {
        case .argmax: return Self.likeliest(logits, columns: columns, batch.specialTokens)
        case .sample:
          var random = CountedRandom(key, UInt64(batch.targets.rowIDs[row]))
          return Self.drawn(
            logits, columns: columns, at: random.uniform(), batch.specialTokens)
        }
      })
  }

  /// The likeliest readable token, of equal ones the lowest.
  private static func likeliest(
    _ logits: UnsafePointer<Float>, columns: Int, _ special: SpecialTokens
  ) -> Int32 {
    let unreadable = special.unreadable
    let count = min(columns, unreadable.count + 1)
    var tokens = [Int32](repeating: 0, count: count)
    var scores = [Float](repeating: 0, count: count)
    Kernels.best(logits, columns: columns, count: count, tokens: &tokens, logProbabilities: &scores)
    return tokens.first { !unreadable.contains($0) } ?? special.whateverReadable
  }

  /// The readable token at a share of their probability, 0 ..< 1.
  private static func drawn(
    _ logits: UnsafePointer<Float>, columns: Int, at share: Double, _ special: SpecialTokens
  ) -> Int32 {
    var probabilities = [Float](repeating: 0, count: columns)
    Kernels.softmax(logits, into: &probabilities, rows: 1, columns: columns)
    for token in special.unreadable where Int(token) < columns { probabilities[Int(token)] = 0 }
    var rest = share * probabilities.reduce(0) { $0 + Double($1) }
    var last = special.whateverReadable
    for (token, probability) in probabilities.enumerated() where probability > 0 {
      last = Int32(token)
      rest -= Double(probability)
      if rest < 0 { break }
    }
    return last
  }
}
