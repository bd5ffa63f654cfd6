/// A BLEU figure with its parts.
public struct BLEUScore: MetricScore, Hashable {
  /// `BLEU`, as in signatures and JSON.
  public var metricName: String { "BLEU" }

  /// The score, 0–100.
  public let value: Double
  /// The share of n-grams that match, by order from 1, smoothed, 0–100.
  public let precisions: [Double]
  /// The factor for hypotheses shorter than their references, 0–1.
  public let brevityPenalty: Double
  /// The counts before smoothing.
  public let statistics: BLEUStatistics

  /// Hypothesis length over reference length, 0 without references.
  public var lengthRatio: Double {
    statistics.referenceLength == 0
      ? 0 : Double(statistics.hypothesisLength) / Double(statistics.referenceLength)
  }

  /// As sacreBLEU prints it: `68.1/43.0/29.6/20.9 (BP = 1.000 ratio = 1.001 hyp_len = … ref_len = …)`.
  public var details: String {
    precisions.map { fixed($0, 1) }.joined(separator: "/")
      + " (BP = \(fixed(brevityPenalty, 3)) ratio = \(fixed(lengthRatio, 3))"
      + " hyp_len = \(statistics.hypothesisLength) ref_len = \(statistics.referenceLength))"
  }
}
