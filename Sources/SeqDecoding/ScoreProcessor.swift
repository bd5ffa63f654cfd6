/// A rule on what may come next, asked for every live hypothesis before each step.
///
///     let search = try BeamSearch(
///       SearchOptions(), processors: [NoRepeatNGram(size: 3), RepetitionPenalty(factor: 1.2)])
///
/// Processors compose: rewritings are applied in the order of the list, and what any of them
/// forbids cannot come. What a processor answers must depend on the hypothesis alone; then a
/// sentence's result does not depend on its batch.
public protocol ScoreProcessor: Sendable {
  /// What the rule changes about the scores of the tokens that may follow.
  func change(after hypothesis: PartialHypothesis) -> ScoreChange
}

/// What a processor does to the log-probabilities of a row.
public enum ScoreChange {
  /// Leaves them as they are.
  case none
  /// These tokens cannot come.
  ///
  /// As long as they are few, the model need only be asked for as many more candidates.
  case forbid([Int32])
  /// Rewrites the whole row, a log-probability for every token of the vocabulary, in place.
  ///
  /// Values must stay at or below 0; −∞ is a token that cannot come. The row is fetched whole.
  case rewrite((UnsafeMutableBufferPointer<Float>) -> Void)
}

/// A live hypothesis as a ``ScoreProcessor`` sees it.
public struct PartialHypothesis {
  /// The number of tokens of the source.
  public let sourceLength: Int
  /// The number of tokens so far, BOS not counted.
  public let length: Int
  /// The most tokens that it may have, by the options, the request and the model's
  /// ``StepModel/stepLimit``; at least those of a forced prefix, as far as the model can make them.
  public let maximumLength: Int
  let trellis: Trellis
  let node: Int

  /// The tokens so far, without BOS; made at each call, at a cost linear in ``length``.
  public var tokens: [Int32] { trellis.path(to: node).tokens }

  /// The last `count` tokens, or all if they are fewer.
  public func lastTokens(_ count: Int) -> [Int32] { trellis.lastTokens(count, to: node) }
}
