/// The share of a reference's tokens that a hypothesis gets wrong: WER, CER and PER.
///
///     let rate = try ErrorRate(.phoneme).corpusScore(hypotheses: output, references: [gold])
///     print(rate.value, rate.counts.substitutions)
///
/// `100 · (S + I + D) / N`: the fewest substitutions, insertions and deletions that make the
/// hypotheses of the references, divided by the tokens of the references. It is 0 for perfect output
/// and may exceed 100. References without any token count as one token, so that what is inserted
/// beside nothing shows and the figure stays a number.
///
/// With several references the one that the fewest edits lead to is chosen, of equals the longest,
/// and errors are divided by its length: the convention for words with several pronunciations. In a
/// list of several, references without a token are none, so that segments may have unequal numbers
/// of them; if all are empty, the reference is empty.
///
/// - SeeAlso: Levenshtein 1966; Bisani and Ney 2008, doi:10.1016/j.specom.2008.01.002, §5.2, for
///   the phoneme error rate and its use of variants.
public struct ErrorRate: CorpusMetric, Hashable {
  /// What an error is one of.
  public enum Unit: String, Hashable, Sendable, CaseIterable {
    /// What stands between white space: the word error rate.
    ///
    /// The literature on pronunciation calls another figure by this name, the share of words
    /// whose pronunciation is not exactly right: for that see ``ExactMatch``.
    case word
    /// A Unicode scalar: the character error rate.
    ///
    /// White space at both ends does not count; inside, a run of it is one character and counts.
    /// A letter with a combining mark is two scalars, so composed and decomposed text differ.
    case character
    /// What stands between white space, called a phoneme: the phoneme error rate.
    case phoneme

    /// The figure's name in reports.
    var metricName: String {
      switch self {
      case .word: "WER"
      case .character: "CER"
      case .phoneme: "PER"
      }
    }
  }

  /// The release of this definition, which signatures carry as `version`.
  public static let definitionVersion = "1"

  /// What is counted.
  public let unit: Unit
  /// Compare in lower case.
  public let lowercase: Bool

  /// The rate of errors in these units.
  public init(_ unit: Unit, lowercase: Bool = false) {
    self.unit = unit
    self.lowercase = lowercase
  }

  /// No edits and no tokens.
  public var emptyStatistics: EditCounts { EditCounts() }

  /// The edits that lead from the nearest reference to the hypothesis.
  ///
  /// Cost: for every reference its tokens times the hypothesis's, where they differ.
  ///
  /// - Precondition: there is at least one reference.
  public func statistics(hypothesis: String, references: [String]) -> EditCounts {
    guard !references.isEmpty else { fatalError("error rate: a hypothesis without references") }
    var interner = TokenInterner()
    let hypothesis = tokens(of: hypothesis, &interner)
    let references = references.map { tokens(of: $0, &interner) }
    let counts = references.filter { !$0.isEmpty }.map { EditCounts(from: $0, to: hypothesis) }
    let nearest = counts.min { first, second in
      (first.edits, second.referenceLength, first.substitutions)
        < (second.edits, first.referenceLength, second.substitutions)
    }
    return nearest ?? EditCounts(from: [], to: hypothesis)
  }

  /// The rate that the counts come to.
  public func score(of statistics: EditCounts) -> ErrorRateScore {
    ErrorRateScore(unit: unit, counts: statistics)
  }

  /// `nrefs:1|case:mixed|unit:word|version:1`; of several references a segment may have fewer.
  public func signature(referenceCount: Int) -> MetricSignature {
    [
      "nrefs": "\(referenceCount)",
      "case": lowercase ? "lc" : "mixed",
      "unit": unit.rawValue,
      "version": Self.definitionVersion,
    ]
  }

  private func tokens(of line: String, _ interner: inout TokenInterner) -> [Int32] {
    let text = lowercase ? lowercased(line) : Array(line.utf8)
    return unit == .character ? Self.scalars(of: text) : interner.tokens(in: text)
  }

  /// The scalars of valid UTF-8, with one space for each run of white space inside.
  private static func scalars(of text: [UInt8]) -> [Int32] {
    var scalars: [Int32] = []
    var isAfterSpace = false
    var index = 0
    while index < text.count {
      let width = Whitespace.width(at: index, in: text)
      if width > 0 {
        isAfterSpace = !scalars.isEmpty
        index += width
        continue
      }
      if isAfterSpace { scalars.append(0x20) }
      isAfterSpace = false
      // One of another first byte goes on for as long as its bytes begin with the bits 10.
      var scalar = Int32(text[index])
      index += 1
      while index < text.count, text[index] & 0xC0 == 0x80 {
        scalar = scalar << 8 | Int32(text[index])
        index += 1
      }
      scalars.append(scalar)
    }
    return scalars
  }
}

/// An error rate with the counts behind it.
public struct ErrorRateScore: MetricScore, Hashable {
  /// What the errors are counted in.
  public let unit: ErrorRate.Unit
  /// The edits and the tokens that are right.
  public let counts: EditCounts

  /// `WER`, `CER` or `PER`.
  public var metricName: String { unit.metricName }

  /// Errors a hundred tokens of the references; above 100 where more is wrong than they have.
  public var value: Double { 100 * Double(counts.edits) / Double(max(counts.referenceLength, 1)) }

  /// `(sub = 3 ins = 1 del = 2 right = 95 hyp_len = 99 ref_len = 100)`.
  public var details: String {
    "(sub = \(counts.substitutions) ins = \(counts.insertions) del = \(counts.deletions)"
      + " right = \(counts.hits) hyp_len = \(counts.hypothesisLength)"
      + " ref_len = \(counts.referenceLength))"
  }
}
