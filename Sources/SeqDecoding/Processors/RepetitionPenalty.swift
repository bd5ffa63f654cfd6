internal import SeqKernels

/// Multiplies the log-probability of every token that a target already has.
///
/// A factor above 1 makes repetition less likely, one below 1 likelier; 1 changes nothing. The
/// probabilities that remain are not scaled back to a sum of 1, and the scores of hypotheses are
/// made of them as they are.
///
/// - SeeAlso: Keskar et al. 2019, arXiv:1909.05858, §4.1, where logits are divided instead.
public struct RepetitionPenalty: ScoreProcessor {
  /// What log-probabilities are multiplied by.
  public let factor: Float

  /// A penalty of this factor.
  ///
  /// - Precondition: `factor` is a finite number above 0.
  public init(factor: Float) {
    require(
      factor > 0 && factor.isFinite,
      "repetition penalty: factor \(factor), expected a finite number above 0")
    self.factor = factor
  }

  /// Rewrites the scores of the tokens said so far.
  public func change(after hypothesis: PartialHypothesis) -> ScoreChange {
    guard factor != 1, hypothesis.length > 0 else { return .none }
    let said = Set(hypothesis.tokens)
    return .rewrite { [factor] row in
      for token in said { row[Int(token)] *= factor }
    }
  }
}
