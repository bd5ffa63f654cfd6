/// What is noted while a rule is examined.
struct RuleNotes {
  private let rule: MaskRule
  private var checks: [RuleReport.Check] = []
  private var findings: [RuleReport.Finding] = []
  private var reasons: [String] = []
  private var inapplicable: String?
  /// What is added to every check and finding from now on: how it was come by.
  var remark = ""
  /// Findings kept of one check.
  private static let findingLimit = 3

  init(_ rule: MaskRule) { self.rule = rule }

  /// Whether something is wrong so far.
  var hasFindings: Bool { !findings.isEmpty }

  /// Notes that a check was made and what it found, of many findings the first few; checks of one
  /// subject become one.
  mutating func check(
    _ subject: String, comparisons: Int, largest: some BinaryFloatingPoint,
    bound: some BinaryFloatingPoint, _ found: [RuleReport.Finding]
  ) {
    add(
      RuleReport.Check(
        subject: subject, comparisons: comparisons, figure: Double(largest), requirement: .atMost,
        bound: Double(bound)), found)
  }

  /// Notes that something must be there, and how much of it there is at least.
  mutating func check(
    _ subject: String, comparisons: Int, least: Float, above bound: Float,
    _ found: [RuleReport.Finding]
  ) {
    add(
      RuleReport.Check(
        subject: subject, comparisons: comparisons, figure: Double(least), requirement: .moreThan,
        bound: Double(bound)), found)
  }

  private mutating func add(_ check: RuleReport.Check, _ found: [RuleReport.Finding]) {
    for var finding in found.prefix(Self.findingLimit) {
      finding.found += remark
      if !findings.contains(finding) { findings.append(finding) }
    }
    var check = check
    check.subject += remark
    if !(check.figure?.isFinite ?? false) { check.figure = nil }
    let same = checks.firstIndex {
      $0.subject == check.subject && $0.requirement == check.requirement
    }
    guard let same else { return checks.append(check) }
    checks[same].comparisons += check.comparisons
    checks[same].bound = max(checks[same].bound, check.bound)
    checks[same].figure = checks[same].figure.flatMap { old in
      check.figure.map { check.requirement == .atMost ? max(old, $0) : min(old, $0) }
    }
  }

  /// Notes what could not be done, and why.
  mutating func lacks(_ reason: String) {
    if !reasons.contains(reason) { reasons.append(reason) }
  }

  /// Notes that the rule is not for this model.
  mutating func doesNotApply(_ reason: String) { inapplicable = reason }

  /// The verdict: failed where anything was found, passed where nothing was lacking.
  var report: RuleReport {
    let verdict: RuleReport.Verdict
    if !findings.isEmpty {
      verdict = .failed
    } else if inapplicable != nil {
      verdict = .notApplicable
    } else {
      verdict = reasons.isEmpty ? .passed : .notExamined
    }
    return RuleReport(
      rule: rule, title: rule.title, verdict: verdict,
      reason: inapplicable ?? (reasons.isEmpty ? nil : reasons.joined(separator: "; ")),
      checks: checks, findings: findings)
  }
}
