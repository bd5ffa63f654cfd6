/// The sums that BLEU rests on, for one segment or for a corpus.
public struct BLEUStatistics: MetricStatistics, Hashable {
  /// Tokens in the hypotheses.
  public private(set) var hypothesisLength: Int
  /// Tokens in the references: of each segment the one nearest in length, the shorter of two.
  public private(set) var referenceLength: Int
  /// N-grams of the hypotheses that the references have too, by order from 1.
  public private(set) var matches: [Int]
  /// N-grams of the hypotheses, by order from 1.
  public private(set) var totals: [Int]

  /// Statistics from counts that were made elsewhere.
  ///
  /// - Precondition: `matches` and `totals` are of one length, the maximum order.
  public init(hypothesisLength: Int, referenceLength: Int, matches: [Int], totals: [Int]) {
    guard matches.count == totals.count else {
      fatalError("BLEU statistics: \(matches.count) orders of matches, \(totals.count) of totals")
    }
    self.hypothesisLength = hypothesisLength
    self.referenceLength = referenceLength
    self.matches = matches
    self.totals = totals
  }

  /// Adds the counts of further segments.
  ///
  /// - Precondition: both sides have the same maximum order.
  public static func += (sum: inout BLEUStatistics, more: BLEUStatistics) {
    guard sum.matches.count == more.matches.count else {
      fatalError(
        "BLEU statistics: orders up to \(sum.matches.count) and \(more.matches.count) summed")
    }
    sum.hypothesisLength += more.hypothesisLength
    sum.referenceLength += more.referenceLength
    for order in sum.matches.indices {
      sum.matches[order] += more.matches[order]
      sum.totals[order] += more.totals[order]
    }
  }

  /// Both lengths, then matches and totals by order.
  public var components: [Double] {
    ([hypothesisLength, referenceLength] + matches + totals).map(Double.init)
  }

  /// Counts from their numbers.
  public init(components: [Double]) {
    let counts = components.map { Int($0) }
    let orders = (counts.count - 2) / 2
    self.init(
      hypothesisLength: counts[0], referenceLength: counts[1],
      matches: Array(counts[2..<2 + orders]), totals: Array(counts[(2 + orders)...]))
  }
}
