/// Means by name for a report, held as sums so that those of slices, workers and steps add up.
///
/// The names are those of `metrics.jsonl`.
package struct ReportFigures: Codable, Hashable, Sendable {
  /// A sum of weighted values, and of their weights.
  private struct Mean: Codable, Hashable, Sendable {
    var sum = 0.0
    var weight = 0.0
  }

  private var entries: [String: Mean] = [:]

  /// No figures.
  package init() {}

  /// Adds a sum of values that counts with a weight, such as that of how many they are.
  package mutating func add(_ name: String, sum: Double, weight: Double) {
    entries[name, default: Mean()].sum += sum
    entries[name, default: Mean()].weight += weight
  }

  /// Adds a value that holds for so many tokens or sentences.
  package mutating func add(_ name: String, _ value: Double, for weight: Int) {
    add(name, sum: value * Double(weight), weight: Double(weight))
  }

  package static func += (left: inout ReportFigures, right: ReportFigures) {
    for (name, mean) in right.entries { left.add(name, sum: mean.sum, weight: mean.weight) }
  }

  /// Whether there is nothing to report.
  package var isEmpty: Bool { entries.isEmpty }

  /// The figures themselves; those without weight are left out.
  package var means: [String: Double] {
    entries.compactMapValues { $0.weight > 0 ? $0.sum / $0.weight : nil }
  }

  /// The first by name that is no finite number.
  package var nonFiniteName: String? {
    entries.filter { !$0.value.sum.isFinite }.keys.min()?.replacing("_", with: " ")
  }

  /// The figures of both.
  package static func + (left: ReportFigures, right: ReportFigures) -> ReportFigures {
    var sum = left
    sum += right
    return sum
  }

  /// The weight that a figure has by now.
  package func weight(of name: String) -> Double { entries[name]?.weight ?? 0 }

  /// One of them.
  package subscript(name: String) -> Double? { means[name] }
}
