import ArgumentParser
import SeqKit

/// How widely a beam looks and what ranks what it finds.
struct SearchFlags: ParsableArguments {
  @Option(
    help: "Hypotheses kept at every step; 1 is greedy search (default: what the model says, or 5).")
  var beamSize: Int?

  @Option(
    help: ArgumentHelp(
      "Exponent of the length penalty; 0 compares plain log-probabilities (default: what the model "
        + "says, or 1).", valueName: "α"))
  var lengthPenalty: Double?

  @Option(
    help: ArgumentHelp(
      "gnmt or power (with --length-penalty), average (log-probability a token) or none (default: "
        + "gnmt, or power for a model that came with settings).", valueName: "rule"))
  var lengthNormalization: LengthRule?

  @Option(
    help: ArgumentHelp(
      "Rank lower what leaves source tokens without attention (default: 0).", valueName: "β"))
  var coveragePenalty: Double?

  @Option(name: .customLong("n-best"), help: "Translations printed for each line.")
  var nBest = 1

  @Option(help: "Divide the beam into groups that avoid one another's words (default: 1).")
  var diverseGroups: Int?

  @Option(
    help: ArgumentHelp(
      "What a word costs for each earlier group that just chose it, nats (default: 0.5).",
      valueName: "λ"))
  var diversity: Double?

  @Option(
    help: ArgumentHelp(
      "When to stop: none_ahead (as many as the beam holds have ended, and none that lives is "
        + "ahead of them), none_better (the same at the length they have, as transformers does), "
        + "first_finished (as many have ended) or provably_best (default: what the model says, or "
        + "none_ahead).",
      valueName: "rule"))
  var stopping: Stopping?

  @Option(
    help: ArgumentHelp(
      "Stop when so many times the beam size have ended.", valueName: "factor"))
  var patience: Double?

  @Option(
    help: ArgumentHelp(
      "Tokens a translation has at least: a number, or so many a source token as 0.5x+2 (default: "
        + "what the model says, or 0).",
      valueName: "length"))
  var minLength: LengthArgument?

  @Option(
    help: ArgumentHelp(
      "Tokens a translation has at most, in the same form (default: what the model says, or 2x+50).",
      valueName: "length"))
  var maxLength: LengthArgument?

  enum LengthRule: String, CaseIterable, ExpressibleByArgument {
    case gnmt, power, average, none

    /// Whether the length penalty is its exponent.
    var hasExponent: Bool { self == .gnmt || self == .power }
  }

  enum Stopping: String, CaseIterable, ExpressibleByArgument {
    case noneAhead = "none_ahead"
    case noneBetter = "none_better"
    case firstFinished = "first_finished"
    case provablyBest = "provably_best"
  }

  func validate() throws {
    if let maxLength, maxLength.limit.perSourceToken == 0 {
      if maxLength.limit.constant < 1 {
        throw ValidationError("--max-length must be at least 1.")
      }
      if let minLength, minLength.limit.perSourceToken == 0,
        minLength.limit.constant > maxLength.limit.constant
      {
        throw ValidationError("--min-length is more than --max-length.")
      }
    }
    if patience != nil, stopping != nil {
      throw ValidationError("--patience is a rule of its own; leave --stopping out.")
    }
    if diversity != nil, diverseGroups ?? 1 == 1 {
      throw ValidationError("--diversity has no meaning without --diverse-groups.")
    }
    if lengthPenalty != nil, let rule = lengthNormalization, !rule.hasExponent {
      throw ValidationError(
        "--length-penalty has no meaning with --length-normalization \(rule.rawValue).")
    }
  }

  /// The given flags, by name, that only a beam heeds.
  var givenForBeams: [String] {
    let flags = [
      ("beam-size", beamSize != nil), ("diverse-groups", diverseGroups != nil),
      ("coverage-penalty", coveragePenalty != nil), ("stopping", stopping != nil),
      ("patience", patience != nil),
    ]
    return flags.filter(\.1).map(\.0)
  }

  /// The given flags, by name, that only scores heed.
  var givenForScores: [String] {
    let flags = [
      ("length-penalty", lengthPenalty != nil),
      ("length-normalization", lengthNormalization != nil),
    ]
    return flags.filter(\.1).map(\.0)
  }

  /// The flags with what a model's makers meant in the place of those that were not given.
  func completed(by generation: GenerationSettings?) -> SearchFlags {
    guard let generation else { return self }
    var flags = self
    flags.beamSize = beamSize ?? generation.beamSize ?? 1
    flags.lengthPenalty = lengthPenalty ?? generation.lengthPenalty
    flags.lengthNormalization = lengthNormalization ?? .power
    flags.minLength = minLength ?? generation.minimumLength.map { LengthArgument($0) }
    flags.maxLength = maxLength ?? generation.maximumLength.map { LengthArgument($0) }
    if stopping == nil, patience == nil {
      flags.stopping = generation.stopsEarly == true ? .firstFinished : .noneBetter
    }
    return flags
  }

  var normalization: LengthNormalization {
    let alpha = lengthPenalty ?? 1
    return switch lengthNormalization ?? .gnmt {
    case .gnmt: alpha == 0 ? .none : .gnmt(alpha: alpha)
    case .power: .power(alpha: alpha)
    case .average: .average
    case .none: .none
    }
  }

  var maximumLength: LengthLimit {
    maxLength?.limit ?? LengthLimit(perSourceToken: 2, constant: 50)
  }

  var minimumLength: LengthLimit { minLength?.limit ?? 0 }

  private var stoppingRule: SearchOptions.StoppingRule {
    if let patience { return .patience(patience) }
    switch stopping ?? .noneAhead {
    case .noneAhead: return .noneAhead
    case .noneBetter: return .noneBetter
    case .firstFinished: return .firstFinished
    case .provablyBest: return .provablyBest
    }
  }

  /// The options of a search, with a model's own way to rank what is cut off.
  func options(_ generation: GenerationSettings?) -> SearchOptions {
    SearchOptions(
      beamSize: beamSize ?? 5, nBest: nBest, lengthNormalization: normalization,
      minimumLength: minimumLength, maximumLength: maximumLength,
      stoppingRule: stoppingRule,
      coveragePenalty: coveragePenalty ?? 0, groupCount: diverseGroups ?? 1,
      diversity: diversity ?? 0.5, ranksCutOff: generation?.ranksCutOff ?? false)
  }
}

/// A bound on lengths as a person writes it: `100`, `1.5x`, `1.5x+10`.
struct LengthArgument: ExpressibleByArgument {
  let limit: LengthLimit

  init(_ limit: LengthLimit) { self.limit = limit }

  init(_ count: Int) { self.init(LengthLimit(constant: Double(count))) }

  init?(argument: String) {
    let parts = argument.split(separator: "x", maxSplits: 1, omittingEmptySubsequences: false)
    func number(_ text: Substring) -> Double? {
      guard let value = Double(text), value.isFinite else { return nil }
      return value
    }
    if parts.count == 1 {
      guard let count = Int(argument), count >= 0 else { return nil }
      self.init(count)
    } else {
      guard let factor = number(parts[0]), factor >= 0 else { return nil }
      let rest = parts[1].isEmpty ? 0 : number(parts[1])
      guard let rest, parts[1].isEmpty || "+-".contains(parts[1].prefix(1)) else { return nil }
      self.init(LengthLimit(perSourceToken: factor, constant: rest))
    }
  }
}
