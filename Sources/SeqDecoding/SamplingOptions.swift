/// How many targets are drawn, from which part of the model's distribution, and which are kept.
///
/// A token is drawn in this order: processors change the row, the temperature bends it, then it is
/// truncated. ``typical`` comes first and what it leaves is renormalised; ``topK``, ``topP`` and
/// ``minP`` are each decided on that one distribution, and a token must pass all three. So their
/// order means nothing, and at least one token always remains: each of the three keeps the likeliest.
public struct SamplingOptions: Hashable, Sendable {
  /// Targets drawn for each source.
  public var sampleCount: Int
  /// How many different samples are returned, those of the best score: best-of-n.
  ///
  /// Nil returns every sample, in the order of their numbers, equal ones as often as they were drawn.
  public var nBest: Int?
  /// How a sum of log-probabilities becomes the score that ranks samples.
  public var lengthNormalization: LengthNormalization
  /// What log-probabilities are divided by before drawing: 1 draws from the model, 0 always takes the
  /// likeliest token, of equal ones the lower id.
  public var temperature: Double
  /// Draws only from this many likeliest tokens, of equal ones the lower ids; more than there are, or
  /// nil, is all.
  public var topK: Int?
  /// Draws only from the likeliest tokens that together have this probability, 0–1.
  ///
  /// The token that crosses it is one of them. 1 is all.
  ///
  /// - SeeAlso: Holtzman et al. 2020, arXiv:1904.09751.
  public var topP: Double
  /// Draws only from tokens with at least this share, 0–1, of the likeliest one's probability.
  ///
  /// 0 is all.
  ///
  /// - SeeAlso: Nguyen et al. 2024, arXiv:2407.01082.
  public var minP: Double
  /// Draws only from the tokens nearest to the entropy that together have this probability, 0–1.
  ///
  /// Near is a token whose information, `−ln p`, differs little from the mean of the distribution's.
  /// The token that crosses the probability is one of them. 1 is all.
  ///
  /// - SeeAlso: Meister et al. 2023, arXiv:2202.00666.
  public var typical: Double
  /// EOS is forbidden before this many tokens; a lower maximum, be it ``maximumLength`` or the
  /// model's, wins.
  public var minimumLength: LengthLimit
  /// The most tokens before EOS.
  ///
  /// A sample that has reached them draws once more; if that is not EOS it is cut off.
  public var maximumLength: LengthLimit
  /// What the draws are keyed by beside source, sample and position.
  public var seed: UInt64

  /// By default one sample of the model's whole distribution.
  public init(
    sampleCount: Int = 1, nBest: Int? = nil, lengthNormalization: LengthNormalization = .none,
    temperature: Double = 1, topK: Int? = nil, topP: Double = 1, minP: Double = 0,
    typical: Double = 1, minimumLength: LengthLimit = 0, maximumLength: LengthLimit = 256,
    seed: UInt64 = 1
  ) {
    self.sampleCount = sampleCount
    self.nBest = nBest
    self.lengthNormalization = lengthNormalization
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.typical = typical
    self.minimumLength = minimumLength
    self.maximumLength = maximumLength
    self.seed = seed
  }

  /// More samples than this of one sentence would take memory without bound.
  static let largestSampleCount = 1_000_000

  /// Everything wrong with these values, in words; empty when a sampling can run with them.
  var problems: [String] {
    var problems: [String] = []
    if !(1...Self.largestSampleCount).contains(sampleCount) {
      problems.append("\(sampleCount) samples, expected 1 to \(Self.largestSampleCount)")
    }
    if let nBest, nBest < 1 || nBest > sampleCount {
      problems.append(
        "\(nBest) best of \(sampleCount) samples, expected 1 up to the number of samples")
    }
    if !(temperature >= 0 && temperature.isFinite) {
      problems.append("temperature \(temperature), expected a finite number of at least 0")
    }
    if let topK, topK < 1 { problems.append("top-k \(topK), expected at least 1 token") }
    for (name, share) in [("top-p", topP), ("min-p", minP), ("typical", typical)]
    where !(0...1).contains(share) {
      problems.append("\(name) \(share), expected a probability from 0 to 1")
    }
    return problems
      + [
        lengthNormalization.problem, minimumLength.problem("minimum"),
        maximumLength.problem("maximum"),
      ].compactMap { $0 }
  }
}
