import Foundation

/// What became of a corpus's pairs when it was prepared.
public struct CorpusReport: Codable, Hashable, Sendable {
  /// Why a pair is not used.
  public enum Reason: String, Codable, Hashable, Sendable, CaseIterable {
    /// A side has no characters other than spaces.
    case empty
    /// A side has more tokens than the maximum length.
    case tooLong = "too_long"
    /// A line is not UTF-8, or not a pair.
    case invalid
  }

  /// A pair that is not used.
  public struct Skipped: Codable, Hashable, Sendable {
    /// Counted from 1.
    public var line: Int
    /// The kind of flaw.
    public var reason: Reason
    /// What exactly is wrong with it.
    public var detail: String
  }

  /// The tokens of one side.
  public struct TokenCounts: Codable, Hashable, Sendable {
    /// All, without what stands around a text; what stands between its paragraphs counts.
    public internal(set) var all = 0
    /// Of these, the unknown ones.
    public internal(set) var unknown = 0

    /// The share of unknown tokens, 0–1.
    public var unknownShare: Double { Double(unknown) / Double(max(all, 1)) }

    mutating func add(_ ids: [Int32], unknown id: Int32) {
      all += ids.count
      unknown += ids.count { $0 == id }
    }
  }

  /// Pairs that are used.
  public internal(set) var usedCount = 0
  /// Of these, the pairs cut to the maximum length.
  public internal(set) var truncatedCount = 0
  /// Tokens of the sources that are used.
  public internal(set) var sources = TokenCounts()
  /// Tokens of the targets that are used.
  public internal(set) var targets = TokenCounts()
  /// Pairs left out because a side is empty.
  public internal(set) var emptyCount = 0
  /// Pairs left out because a side is too long.
  public internal(set) var tooLongCount = 0
  /// Pairs left out because they are not UTF-8, or no pairs.
  public internal(set) var invalidCount = 0
  /// The first five pairs that are not used.
  public internal(set) var firstSkipped: [Skipped] = []

  /// Pairs that are not used, for whatever reason.
  public var skippedCount: Int { emptyCount + tooLongCount + invalidCount }

  mutating func skip(line: Int, _ reason: Reason, _ detail: String) {
    switch reason {
    case .empty: emptyCount += 1
    case .tooLong: tooLongCount += 1
    case .invalid: invalidCount += 1
    }
    if firstSkipped.count < 5 {
      firstSkipped.append(Skipped(line: line, reason: reason, detail: detail))
    }
  }
}

extension CorpusReport: CustomStringConvertible {
  /// One line of counts, a line for each of the first pairs skipped, and one of unknown tokens.
  public var description: String {
    var text = "\(usedCount) \(usedCount == 1 ? "pair" : "pairs")"
    if truncatedCount > 0 { text += " (\(truncatedCount) of them cut to the maximum length)" }
    if skippedCount > 0 {
      let counts = [(emptyCount, "empty"), (tooLongCount, "too long"), (invalidCount, "invalid")]
      text += ", \(skippedCount) skipped: "
      text += counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
    for skipped in firstSkipped { text += "\n  line \(skipped.line): \(skipped.detail)" }
    return text + unknownTokens
  }

  /// A line about unknown tokens, where there are any.
  private var unknownTokens: String {
    let sides = [("source", sources), ("target", targets)].filter { $0.1.unknown > 0 }
    guard !sides.isEmpty else { return "" }
    let shares = sides.map { side, counts in
      let share = String(format: "%.1f", 100 * counts.unknownShare)
      return "\(counts.unknown) of \(counts.all) \(side) tokens (\(share) %)"
    }
    let hint =
      sides.contains { $0.1.unknownShare > 0.05 }
      ? ": what the vocabulary lacks is neither read nor written" : ""
    return "\n  unknown: " + shares.joined(separator: ", ") + hint
  }
}
