/// What ``Doctor`` found of the ten rules.
///
/// In JSON, keys are in snake_case and rules have their numbers.
public struct DoctorReport: Codable, Hashable, Sendable {
  /// What the model is called.
  public var model: String
  /// What ids and batches were drawn from.
  public var seed: UInt64
  /// The ten rules in their order.
  public var rules: [RuleReport]
  /// What no sentence was long enough for; nil where all came up.
  public var note: String?

  /// Whether a rule is broken.
  public var hasFailed: Bool { count(.failed) > 0 }

  /// How many rules ended with a verdict.
  public func count(_ verdict: RuleReport.Verdict) -> Int {
    rules.count { $0.verdict == verdict }
  }

  /// What was found of one rule.
  public subscript(rule: MaskRule) -> RuleReport? { rules.first { $0.rule == rule } }
}

/// What was found of one rule.
public struct RuleReport: Codable, Hashable, Sendable {
  /// How an examination ends.
  public enum Verdict: String, Codable, Hashable, Sendable, CaseIterable {
    /// Every check that the rule has was made, and none found anything.
    case passed
    /// At least one check found something.
    case failed
    /// Nothing was found, but a check could not be made: see ``RuleReport/reason``.
    case notExamined = "not_examined"
    /// The model is meant to be otherwise, or has no such part.
    case notApplicable = "not_applicable"
  }

  /// Which rule.
  public var rule: MaskRule
  /// The rule in a line.
  public var title: String
  /// How it ended.
  public var verdict: Verdict
  /// Why it was not examined, wholly or in part; nil where it was.
  public var reason: String?
  /// What was done, each with its figures.
  public var checks: [Check]
  /// What is wrong, at most a few for each check.
  public var findings: [Finding]

  /// One kind of evidence.
  public struct Check: Codable, Hashable, Sendable {
    /// What is asked of a figure.
    public enum Requirement: String, Codable, Hashable, Sendable {
      /// What must not be, a change or a weight, may be rounding at most.
      case atMost = "at_most"
      /// What must be is more than rounding.
      case moreThan = "more_than"
    }

    /// What was perturbed, differentiated or looked at.
    public var subject: String
    /// Numbers compared.
    public var comparisons: Int
    /// The largest difference, gradient or weight found, or the least where there must be one; nil
    /// where something was not finite.
    public var figure: Double?
    /// On which side of the bound the figure must be.
    public var requirement: Requirement
    /// What the figure is compared with.
    public var bound: Double

    /// Whether the figure is as it must be.
    public var isMet: Bool {
      guard let figure else { return false }
      return requirement == .atMost ? figure <= bound : figure > bound
    }
  }

  /// Something wrong, with its place as far as it is known.
  public struct Finding: Codable, Hashable, Sendable {
    /// The first layer in which it shows; nil where the model does not offer its layers.
    public var layer: String?
    /// The sentence of the batch, from 0.
    public var sentence: Int?
    /// The position in the sentence, from 0; on the target's side that of the decoder input, BOS
    /// being 0.
    public var position: Int?
    /// What was found.
    public var found: String
    /// What was expected.
    public var expected: String
    /// What usually causes it.
    public var hint: String
  }

  enum CodingKeys: String, CodingKey {
    case title, verdict, reason, checks, findings
    case rule = "number"
  }
}
