import Foundation

/// How the log-probability of a hypothesis becomes the score that ranks it.
///
/// A sum of log-probabilities only falls as a hypothesis grows, so unnormalised search prefers short
/// ones. The length `|Y|` counts EOS: it is the number of log-probabilities in the sum. fairseq
/// counts so too; it makes hypotheses that ended in one step comparable by their sums alone, and
/// an empty translation has length 1.
public enum LengthNormalization: Hashable, Sendable {
  /// The sum itself.
  case none
  /// The sum divided by `|Y|`.
  case average
  /// The sum divided by `((5 + |Y|) / (5 + 1))^alpha`.
  ///
  /// `alpha` 0 is ``none``; larger values favour longer hypotheses.
  ///
  /// - SeeAlso: Wu et al. 2016, arXiv:1609.08144, equation 14.
  case gnmt(alpha: Double)
  /// The sum divided by `|Y|^alpha`, as Hugging Face's transformers have it.
  ///
  /// `alpha` 0 is ``none``, 1 is ``average``.
  case power(alpha: Double)

  /// The score of a hypothesis.
  ///
  /// - Parameters:
  ///   - logProbability: the sum over its tokens, nats.
  ///   - length: the number of tokens summed, EOS included.
  /// - Returns: What ranks it; larger is better.
  public func score(logProbability: Double, length: Int) -> Double {
    switch self {
    case .none: logProbability
    case .average: logProbability / Double(max(length, 1))
    case .gnmt(let alpha): logProbability / pow((5 + Double(length)) / (5 + 1), alpha)
    case .power(let alpha): logProbability / pow(Double(max(length, 1)), alpha)
    }
  }

  /// What is wrong with it; nil if nothing is.
  var problem: String? {
    switch self {
    case .none, .average: nil
    case .gnmt(let alpha), .power(let alpha):
      alpha.isFinite ? nil : "length penalty \(alpha), expected a finite number"
    }
  }

  /// The best score that a hypothesis of this log-probability can still reach by growing.
  ///
  /// More tokens never raise the sum, and for a given sum the score is monotone in the length, so
  /// the best lies at one of the two ends.
  func bestScore(logProbability: Double, lengths: ClosedRange<Int>) -> Double {
    max(
      score(logProbability: logProbability, length: lengths.lowerBound),
      score(logProbability: logProbability, length: lengths.upperBound))
  }
}
