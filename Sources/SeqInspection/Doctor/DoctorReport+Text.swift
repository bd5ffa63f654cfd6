internal import Foundation

extension DoctorReport {
  /// The report for people, every line ended.
  ///
  /// Each rule has a line of evidence and below it what is wrong; the last line has the counts, and one
  /// before it the note.
  public var text: String {
    rules.map(\.text).joined() + (note.map { $0 + "\n" } ?? "") + summary + "\n"
  }

  /// How many rules passed, failed and so on.
  public var summary: String {
    let names: [(RuleReport.Verdict, String)] = [
      (.passed, "passed"), (.failed, "failed"), (.notExamined, "not examined"),
      (.notApplicable, "not applicable"),
    ]
    return names.filter { count($0.0) > 0 || $0.0 == .passed || $0.0 == .failed }
      .map { "\(count($0.0)) \($0.1)" }.joined(separator: ", ")
  }
}

extension RuleReport {
  fileprivate var text: String {
    let number = rule.rawValue < 10 ? " \(rule.rawValue)" : "\(rule.rawValue)"
    var lines = ["\(number) \(verdict.mark) \(title)"]
    let evidence = evidence
    if !evidence.isEmpty { lines.append("     \(evidence)") }
    if let reason { lines.append("     \(verdict.name)\(reason)") }
    for finding in findings {
      let place = finding.place
      lines.append("     • \(place.isEmpty ? "" : place + ": ")\(finding.found)")
      lines.append("       expected: \(finding.expected)")
      lines.append("       hint: \(finding.hint)")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// All checks in a line, each with its figure and bound, and how many numbers were compared.
  public var evidence: String {
    guard !checks.isEmpty else { return "" }
    let count = checks.reduce(0) { $0 + $1.comparisons }
    return checks.map(\.text).joined(separator: ", ") + "; \(count) numbers"
  }
}

extension RuleReport.Verdict {
  fileprivate var mark: String {
    switch self {
    case .passed: "✓"
    case .failed: "✗"
    case .notExamined, .notApplicable: "–"
    }
  }

  fileprivate var name: String {
    switch self {
    case .notApplicable: "not applicable: "
    case .notExamined: "not examined: "
    case .failed, .passed: "besides, not examined: "
    }
  }
}

extension RuleReport.Check {
  /// As in `other padding 0 ≤ 1.2e-05`.
  fileprivate var text: String {
    let value = figure.map(shortNumber) ?? "not finite"
    let sign = requirement == .atMost ? "≤" : ">"
    // Of zeros nothing more need be said.
    let relation = bound == 0 && requirement == .atMost ? "0" : "\(sign) \(shortNumber(bound))"
    if isMet { return "\(subject) \(value)" + (relation == "0" ? "" : " \(relation)") }
    return "\(subject) \(value), not \(relation)"
  }
}

extension RuleReport.Finding {
  /// Layer, sentence and position as far as they are known.
  fileprivate var place: String {
    [layer, sentence.map { "sentence \($0)" }, position.map { "position \($0)" }]
      .compactMap { $0 }.joined(separator: ", ")
  }
}

/// A number in a few characters: `0`, `0.25`, `3.1e-06`.
func shortNumber(_ value: some BinaryFloatingPoint) -> String {
  String(format: "%.2g", Double(value))
}
