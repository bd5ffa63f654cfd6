import Foundation

/// The share of a translation's n-grams found in references, as sacreBLEU computes it.
///
///     let bleu = BLEU(tokenizer: .mteval13a)
///     let score = try bleu.corpusScore(hypotheses: output, references: [gold])
///     print(score.value, bleu.signature(referenceCount: 1))
///
/// With `BP` the brevity penalty and `pₙ` the clipped precision of order n, the score is
/// `BP · exp(Σₙ ln pₙ / N)`, on a scale of 0–100. Lines are stripped of white space at the end,
/// lower-cased if asked, then tokenised.
///
/// - SeeAlso: Papineni et al. 2002, <https://aclanthology.org/P02-1040>; Post 2018,
///   arXiv:1804.08771.
public struct BLEU: CorpusMetric, Hashable {
  /// The release of sacreBLEU whose figures these are, which signatures carry as `version`.
  ///
  /// It names the definition, not the program: the tests hold this implementation to figures
  /// recorded from that release, so equal signatures keep their meaning across both.
  public static let definitionVersion = "2.6.0"

  /// How lines are cut into words.
  public let tokenizer: Tokenizer
  /// What stands in for the precision of an order without a match.
  public let smoothing: Smoothing
  /// Compare in lower case.
  public let lowercase: Bool
  /// Leave out the orders for which a segment is too short.
  ///
  /// Meant for single sentences, where a
  /// three-word translation would otherwise always score 0.
  public let effectiveOrder: Bool
  /// The longest n-gram, in tokens.
  ///
  /// All that is published is 4, and signatures do not tell.
  public let maximumOrder: Int

  /// Settings whose defaults are those of sacreBLEU.
  ///
  /// - Precondition: `maximumOrder` is at least 1, and the smoothing value finite and at least 0.
  public init(
    tokenizer: Tokenizer = .mteval13a, smoothing: Smoothing = .exponential,
    lowercase: Bool = false, effectiveOrder: Bool = false, maximumOrder: Int = 4
  ) {
    guard maximumOrder >= 1 else { fatalError("BLEU: maximum order \(maximumOrder), below 1") }
    if case .floor(let value) = smoothing { Self.check(value) }
    if case .addK(let value) = smoothing { Self.check(value) }
    self.tokenizer = tokenizer
    self.smoothing = smoothing
    self.lowercase = lowercase
    self.effectiveOrder = effectiveOrder
    self.maximumOrder = maximumOrder
  }

  /// Zeros for every order.
  public var emptyStatistics: BLEUStatistics {
    let zeros = [Int](repeating: 0, count: maximumOrder)
    return BLEUStatistics(hypothesisLength: 0, referenceLength: 0, matches: zeros, totals: zeros)
  }

  /// Counts the matching n-grams of one segment.
  ///
  /// Cost: `maximumOrder` table steps a token and one a byte.
  ///
  /// - Precondition: there is at least one reference.
  public func statistics(hypothesis: String, references: [String]) -> BLEUStatistics {
    guard !references.isEmpty else { fatalError("BLEU: a hypothesis without references") }
    var interner = TokenInterner()
    let references = references.map { interner.tokens(in: prepared($0)) }
    let hypothesis = interner.tokens(in: prepared(hypothesis))

    let lengths = references.map(\.count)
    let nearest = lengths.min { first, second in
      (abs(first - hypothesis.count), first) < (abs(second - hypothesis.count), second)
    }
    let limits = NGramLimits(references: references, maximumOrder: maximumOrder)
    return BLEUStatistics(
      hypothesisLength: hypothesis.count, referenceLength: nearest ?? 0,
      matches: limits.matches(in: hypothesis),
      totals: (1...maximumOrder).map { max(0, hypothesis.count - $0 + 1) })
  }

  /// The score of the counts, smoothed.
  ///
  /// Without a single match it is 0 under every smoothing.
  public func score(of statistics: BLEUStatistics) -> BLEUScore {
    let penalty = brevityPenalty(statistics)
    guard statistics.matches.contains(where: { $0 > 0 }) else {
      return BLEUScore(
        value: 0, precisions: statistics.matches.map { _ in 0 }, brevityPenalty: penalty,
        statistics: statistics)
    }
    let (precisions, orderCount) = smoothedPrecisions(statistics)
    let logarithms = precisions.prefix(orderCount).map { $0 > 0 ? log($0) : -.infinity }
    return BLEUScore(
      value: penalty * exp(logarithms.reduce(0, +) / Double(orderCount)),
      precisions: precisions, brevityPenalty: penalty, statistics: statistics)
  }

  /// The signature sacreBLEU gives these settings: `nrefs:1|case:mixed|eff:no|tok:13a|…`.
  public func signature(referenceCount: Int) -> MetricSignature {
    [
      "nrefs": "\(referenceCount)",
      "case": lowercase ? "lc" : "mixed",
      "eff": effectiveOrder ? "yes" : "no",
      "tok": tokenizer.rawValue,
      "smooth": smoothing.signatureName,
      "version": Self.definitionVersion,
    ]
  }

  private static func check(_ smoothingValue: Double) {
    guard smoothingValue.isFinite && smoothingValue >= 0 else {
      fatalError("BLEU: smoothing value \(smoothingValue), not a finite number of at least 0")
    }
  }

  /// The line with white space between its tokens.
  private func prepared(_ line: String) -> [UInt8] {
    var text = lowercase ? lowercased(line) : Array(line.utf8)
    Whitespace.trimEnd(of: &text)
    return tokenizer.separated(text)
  }

  /// `exp(1 − r/h)` for a hypothesis length h below the reference length r, else 1.
  private func brevityPenalty(_ statistics: BLEUStatistics) -> Double {
    let (hypothesis, reference) = (statistics.hypothesisLength, statistics.referenceLength)
    if hypothesis >= reference { return 1 }
    return hypothesis == 0 ? 0 : exp(1 - Double(reference) / Double(hypothesis))
  }

  /// Precisions by order, 0–100, and how many orders count.
  private func smoothedPrecisions(
    _ statistics: BLEUStatistics
  ) -> (precisions: [Double], orderCount: Int) {
    var precisions = [Double](repeating: 0, count: statistics.matches.count)
    var orderCount = precisions.count
    var exponentialDivisor = 1.0
    for order in precisions.indices {
      var matches = Double(statistics.matches[order])
      var total = Double(statistics.totals[order])
      if case .addK(let value) = smoothing, order > 0 {
        matches += value
        total += value
      }
      // Orders from here on are longer than any segment; their precisions stay 0.
      if total == 0 { break }
      if effectiveOrder { orderCount = order + 1 }

      if matches == 0 {
        switch smoothing {
        case .exponential:
          exponentialDivisor *= 2
          matches = 1 / exponentialDivisor
        case .floor(let value): matches = value
        case .none, .addK: break
        }
      }
      precisions[order] = 100 * matches / total
    }
    return (precisions, orderCount)
  }
}
