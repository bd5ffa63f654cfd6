/// How widely a search looks, how it ranks what it finds and when it stops.
public struct SearchOptions: Hashable, Sendable {
  /// When a sentence's search is over, other than by running out of hypotheses or length.
  public enum StoppingRule: Hashable, Sendable {
    /// As soon as ``SearchOptions/beamSize`` hypotheses have ended in EOS and none that lives is
    /// ahead: the best of them, were it to end at no further cost, would not be among the
    /// ``SearchOptions/nBest``.
    ///
    /// A longer hypothesis that a strong length penalty would have preferred may be missed.
    case noneAhead
    /// As soon as ``SearchOptions/beamSize`` hypotheses have ended in EOS.
    ///
    /// A model that is sure of every next token has nothing but nonsense in the rest of its beam,
    /// which soon ends: then this stops before the answer is complete.
    case firstFinished
    /// As soon as this many times ``SearchOptions/beamSize`` hypotheses have, rounded up: 1 is
    /// ``firstFinished``.
    ///
    /// - SeeAlso: Kasai et al. 2022, arXiv:2204.05424.
    case patience(Double)
    /// When no live hypothesis, even with every further token certain, could displace one of the
    /// ``SearchOptions/nBest`` kept.
    case provablyBest
    /// As soon as ``SearchOptions/beamSize`` hypotheses have ended and the best that lives, with the
    /// length it has, scores no higher than the last of as many that ended best: what `generate` of
    /// Hugging Face's transformers does with `early_stopping` false.
    case noneBetter
  }

  /// Live hypotheses a sentence; 1 is greedy search, which ends with the first EOS under any rule.
  public var beamSize: Int
  /// Hypotheses returned a sentence, at most ``beamSize``.
  public var nBest: Int
  /// How a sum of log-probabilities becomes a score.
  public var lengthNormalization: LengthNormalization
  /// EOS is forbidden before this many tokens; a lower maximum, be it ``maximumLength`` or the
  /// model's, wins.
  public var minimumLength: LengthLimit
  /// The most tokens before EOS.
  ///
  /// A hypothesis that has reached them is asked once more whether it ends; if not it is cut off
  /// and ranked after all finished ones (see ``StopReason/maximumLength``). With ``ranksCutOff`` it
  /// is not asked, and ranked among them.
  public var maximumLength: LengthLimit
  /// When to stop.
  public var stoppingRule: StoppingRule
  /// β of the coverage penalty, at least 0; 0 is none.
  ///
  /// The score of a hypothesis gets `β · Σᵢ ln min(Σₜ aₜᵢ, 1)`, with aₜᵢ the attention that its step
  /// t, EOS included, paid to source token i: what was looked at less than once in all costs. Needs a
  /// model that ``StepModel/givesAttention``.
  ///
  /// - SeeAlso: Wu et al. 2016, arXiv:1609.08144, equation 14.
  public var coveragePenalty: Double
  /// Groups that the beam is divided into, each searched by itself but kept from the others' tokens
  /// by ``diversity``; 1 is ordinary beam search.
  ///
  /// - SeeAlso: Vijayakumar et al. 2016, arXiv:1610.02424, with Hamming diversity.
  public var groupCount: Int
  /// What a hypothesis is put back by, in nats, for every hypothesis of an earlier group that goes on
  /// with the same token in the same step.
  ///
  /// It decides who stays in the beam; log-probabilities and scores of results are without it.
  public var diversity: Double
  /// Whether a hypothesis of the greatest length is ranked as it is among those that ended, as Hugging
  /// Face's transformers do; otherwise it is asked once more whether it ends, and ranked after them if
  /// it does not.
  public var ranksCutOff: Bool

  /// Beam and α are by default those of "Attention is all you need" (arXiv:1706.03762, §6.1).
  public init(
    beamSize: Int = 4, nBest: Int = 1, lengthNormalization: LengthNormalization = .gnmt(alpha: 0.6),
    minimumLength: LengthLimit = 0, maximumLength: LengthLimit = 256,
    stoppingRule: StoppingRule = .noneAhead, coveragePenalty: Double = 0,
    groupCount: Int = 1, diversity: Double = 0.5, ranksCutOff: Bool = false
  ) {
    self.beamSize = beamSize
    self.nBest = nBest
    self.lengthNormalization = lengthNormalization
    self.minimumLength = minimumLength
    self.maximumLength = maximumLength
    self.stoppingRule = stoppingRule
    self.coveragePenalty = coveragePenalty
    self.groupCount = groupCount
    self.diversity = diversity
    self.ranksCutOff = ranksCutOff
  }

  /// More live hypotheses than this would take memory without bound and days to rank.
  package static let largestBeamSize = 10_000

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
    if case .patience(let factor) = stoppingRule, !(factor > 0 && factor.isFinite) {
      problems.append("patience \(factor), expected a finite number above 0")
    }
    if !(coveragePenalty >= 0 && coveragePenalty.isFinite) {
      problems.append("coverage penalty \(coveragePenalty), expected a finite number from 0")
    }
    if groupCount < 1 || groupCount > max(beamSize, 1) {
      problems.append(
        "\(groupCount) groups of a beam of \(beamSize), expected 1 up to the beam size")
    }
    if !(diversity >= 0 && diversity.isFinite) {
      problems.append("diversity \(diversity), expected a finite number from 0")
    }
    return problems
      + [
        lengthNormalization.problem, minimumLength.problem("minimum"),
        maximumLength.problem("maximum"),
      ].compactMap { $0 }
  }
}
