import SeqKit

/// Several systems beside the first, with what chance could make of their differences.
struct SystemComparison {
  /// Paths, the first called the baseline, as sacreBLEU has it.
  private let systems: [String]
  private let resampling: Resampling
  private let columns: [Column]

  /// What was found by one metric.
  private struct Column {
    var name: String
    var signature: MetricSignature
    /// By system.
    var results: [Resampling.Result]
  }

  /// Scores every system by every metric.
  init(
    systems: [(path: String, lines: [String])], references: [[String]],
    metrics: [any CorpusMetric], resampling: Resampling
  ) throws {
    self.systems = systems.enumerated().map { $0 == 0 ? "Baseline: \($1.path)" : $1.path }
    self.resampling = resampling
    columns = try metrics.map { metric in
      let tables = try systems.map {
        try SegmentTable(metric, hypotheses: $0.lines, references: references)
      }
      return Column(
        name: tables[0].metricName,
        signature: metric.signature(referenceCount: references.count).adding(resampling),
        results: resampling.compare(tables))
    }
  }

  /// One row a system, then what the columns mean and the signatures.
  func text(width: Int) -> String {
    let isBootstrap = resampling.method == .bootstrap
    let header =
      ["system"] + columns.flatMap { [$0.name] + (isBootstrap ? ["μ ± 95 % CI"] : []) + ["p"] }
    let rows = systems.indices.map { system in
      [systems[system]]
        + columns.flatMap { column in
          let result = column.results[system]
          return [fixed(result.score, width)]
            + (result.confidence.map {
              ["\(fixed($0.mean, width)) ± \(fixed($0.halfWidth, width))"]
            } ?? [])
            + [result.pValue.map { fixed($0, 4) + ($0 > 0.05 ? " " : "*") } ?? ""]
        }
    }
    let test = isBootstrap ? "bootstrap resampling" : "approximate randomization"
    let note =
      "Paired \(test), \(resampling.count) \(isBootstrap ? "resamples" : "trials"). p is how likely "
      + "chance alone makes\nso large a difference from the baseline; * where it is at most 0.05."
    let signatures = columns.map { "\($0.name)  \($0.signature)" }
    return ([aligned([header] + rows), "", note, ""] + signatures).joined(separator: "\n")
  }

  /// sacreBLEU's list of one object a system, and in each metric's object the signature too.
  var json: String {
    let objects = systems.indices.map { system in
      let members = columns.map { column in
        let result = column.results[system]
        let values: [(String, String)] = [
          ("score", "\(result.score)"), ("p_value", text(result.pValue)),
          ("mean", text(result.confidence?.mean)), ("ci", text(result.confidence?.halfWidth)),
          ("signature", jsonString(column.signature.description)),
        ]
        let lines = values.map { "            \(jsonString($0.0)): \($0.1)" }
        return "        \(jsonString(column.name)): {\n" + lines.joined(separator: ",\n")
          + "\n        }"
      }
      let name = "        \"system\": \(jsonString(systems[system]))"
      return "    {\n" + ([name] + members).joined(separator: ",\n") + "\n    }"
    }
    return "[\n" + objects.joined(separator: ",\n") + "\n]"
  }

  private func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "null" }
}

/// Rows of cells as columns, the first at the left, the others at the right.
func aligned(_ rows: [[String]]) -> String {
  let widths = rows[0].indices.map { column in
    rows.map { $0[column].unicodeScalars.count }.max() ?? 0
  }
  let lines = rows.map { row in
    let cells = row.indices.map { column in
      let space = String(
        repeating: " ", count: widths[column] - row[column].unicodeScalars.count)
      return column == 0 ? row[column] + space : space + row[column]
    }
    return cells.joined(separator: "  ")
  }
  return lines.joined(separator: "\n")
}
