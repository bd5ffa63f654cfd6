import Foundation

/// Pearson's test of counts against probabilities.
struct ChiSquare {
  /// `Σ (found − expected)² / expected` over cells; those expected fewer than 5 times are one.
  let statistic: Double
  let degreesOfFreedom: Int
  /// Values that have probability 0 and came all the same.
  let impossible: [Int]

  init(counts: [Int: Int], probabilities: [Double]) {
    let total = Double(counts.values.reduce(0, +))
    var statistic = 0.0
    var cells = 0
    var rest = (expected: 0.0, found: 0.0)
    for (value, probability) in probabilities.enumerated() where probability > 0 {
      let expected = probability * total
      let found = Double(counts[value] ?? 0)
      guard expected >= 5 else {
        rest.expected += expected
        rest.found += found
        continue
      }
      statistic += (found - expected) * (found - expected) / expected
      cells += 1
    }
    if rest.expected > 0 {
      let expected = max(rest.expected, 1)
      statistic += (rest.found - rest.expected) * (rest.found - rest.expected) / expected
      cells += 1
    }
    self.statistic = statistic
    degreesOfFreedom = cells - 1
    impossible = counts.keys.filter { !(probabilities[$0] > 0) }.sorted()
  }

  /// Whether the counts may be draws: nothing impossible, and the statistic below its 99.9 % quantile
  /// (Wilson and Hilferty's approximation).
  var isPassed: Bool {
    let degrees = Double(max(degreesOfFreedom, 1))
    let root = 1 - 2 / (9 * degrees) + 3.0902 * (2 / (9 * degrees)).squareRoot()
    return impossible.isEmpty
      && (degreesOfFreedom == 0 ? statistic < 1e-9 : statistic < degrees * root * root * root)
  }
}
