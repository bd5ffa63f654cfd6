/// How widely a search looks, how it ranks what it finds and when it stops.
public struct SearchOptions: Hashable, Sendable {
  /// When a sentence's search is over, other than by running out of hypotheses or length.
  public enum StoppingRule: Hashable, Sendable {
    /// As soon as ``SearchOptions/beamSize`` hypotheses have ended in EOS.
    ///
    /// The cost is bounded by about the length of the answer; a longer hypothesis that a strong
    /// length penalty would have preferred may be missed.
    case firstFinished
    /// When no live hypothesis, even with every further token certain, could displace one of the
    /// ``SearchOptions/nBest`` kept.
    case provablyBest
  }

  /// Live hypotheses a sentence; 1 is greedy search, which ends with the first EOS under any rule.
  public var beamSize: Int
  /// Hypotheses returned a sentence, at most ``beamSize``.
  public var nBest: Int
  /// How a sum of log-probabilities becomes a score.
  public var lengthNormalization: LengthNormalization
  /// EOS is forbidden before this many tokens; a lower ``maximumLength`` wins.
  public var minimumLength: LengthLimit
  /// The most tokens before EOS.
  ///
  /// A hypothesis that has reached them is asked once more whether it ends; if not it is cut off
  /// and ranked after all finished ones (see ``StopReason/maximumLength``).
  public var maximumLength: LengthLimit
  /// When to stop.
  public var stoppingRule: StoppingRule

  /// Beam and α are by default those of "Attention is all you need" (arXiv:1706.03762, §6.1).
  public init(
    beamSize: Int = 4, nBest: Int = 1, lengthNormalization: LengthNormalization = .gnmt(alpha: 0.6),
    minimumLength: LengthLimit = 0, maximumLength: LengthLimit = 256,
    stoppingRule: StoppingRule = .firstFinished
  ) {
    self.beamSize = beamSize
    self.nBest = nBest
    self.lengthNormalization = lengthNormalization
    self.minimumLength = minimumLength
    self.maximumLength = maximumLength
    self.stoppingRule = stoppingRule
  }

  /// More live hypotheses than this would take memory without bound and days to rank.
  static let largestBeamSize = 10_000

  /// Everything wrong with these values, in words; empty when a search can run with them.
  var problems: [String] {
    var problems: [String] = []
    if !(1...Self.largestBeamSize).contains(beamSize) {
      problems.append(
        "beam size \(beamSize), expected 1 (greedy) to \(Self.largestBeamSize)")
    }
    if nBest < 1 || nBest > beamSize {
      problems.append("\(nBest) best of a beam of \(beamSize), expected 1 up to the beam size")
    }
    if case .gnmt(let alpha) = lengthNormalization, !alpha.isFinite {
      problems.append("length penalty \(alpha), expected a finite number")
    }
    for (name, limit) in [("minimum", minimumLength), ("maximum", maximumLength)]
    where !limit.perSourceToken.isFinite || !limit.constant.isFinite {
      problems.append(
        "\(name) length \(limit.perSourceToken) · source + \(limit.constant), "
          + "expected finite numbers")
    }
    return problems
  }
}
