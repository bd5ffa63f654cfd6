/// The words or word sequences that a summary and its references have in common.
///
///     let score = try ROUGE(.longestSubsequence).corpusScore(
///       hypotheses: summaries, references: [gold])
///     print(score.value, score.precision, score.recall)
///
/// A segment's figure is the F measure of precision and recall, of several references the best; a
/// corpus's is the mean over its segments. All are on a scale of 0–100. Text is compared in lower
/// case.
///
/// - SeeAlso: Lin 2004, <https://aclanthology.org/W04-1013>; rouge-score 0.1.2, whose figures these
///   are.
public struct ROUGE: CorpusMetric, Hashable {
  /// What is matched.
  public enum Variant: Hashable, Sendable {
    /// Sequences of so many words: ROUGE-1, ROUGE-2.
    case ngrams(Int)
    /// The longest common subsequence of words: ROUGE-L.
    case longestSubsequence
    /// The same sentence by sentence, where a line break ends a sentence: for each sentence of the
    /// reference, the words that it has in common with any sentence of the summary. ROUGE-Lsum.
    case summary

    /// The name that rouge-score gives it: `rouge1`, `rougeL`, `rougeLsum`.
    var name: String {
      switch self {
      case .ngrams(let length): "rouge\(length)"
      case .longestSubsequence: "rougeL"
      case .summary: "rougeLsum"
      }
    }
  }

  /// The release of rouge-score whose figures these are, which signatures carry as `version`.
  public static let definitionVersion = "0.1.2"

  /// What is matched.
  public let variant: Variant
  /// How text is cut into words.
  public let tokenizer: Tokenizer
  /// Compare the stems of English words, longer than three letters.
  public let usesStemmer: Bool
  /// What stands for a line break in a line of a file, such as `<n>`; nil for nothing.
  public let newlineMark: String?

  /// Settings whose defaults are those of rouge-score.
  ///
  /// - Precondition: n-grams have at least one word; a mark is not empty.
  public init(
    _ variant: Variant, tokenizer: Tokenizer = .alphanumeric, usesStemmer: Bool = false,
    newlineMark: String? = nil
  ) {
    if case .ngrams(let length) = variant, length < 1 {
      fatalError("ROUGE: n-grams of \(length) words")
    }
    guard newlineMark?.isEmpty != true else { fatalError("ROUGE: an empty mark of line breaks") }
    self.variant = variant
    self.tokenizer = tokenizer
    self.usesStemmer = usesStemmer
    self.newlineMark = newlineMark
  }

  /// No segment.
  public var emptyStatistics: ROUGEStatistics { ROUGEStatistics() }

  /// The figures of a segment beside the reference that gives it the best F measure.
  ///
  /// Cost: for n-grams a table step a word, otherwise the product of the lengths.
  ///
  /// - Precondition: there is at least one reference.
  public func statistics(hypothesis: String, references: [String]) -> ROUGEStatistics {
    guard !references.isEmpty else { fatalError("ROUGE: a hypothesis without references") }
    var interner = TokenInterner()
    let hypothesis = sentences(of: hypothesis, &interner)
    var best: ROUGEStatistics?
    for reference in references {
      let found = compare(hypothesis, with: sentences(of: reference, &interner))
      if best.map({ found.fMeasure > $0.fMeasure }) ?? true { best = found }
    }
    return best ?? ROUGEStatistics()
  }

  /// The mean over the segments.
  public func score(of statistics: ROUGEStatistics) -> ROUGEScore {
    ROUGEScore(metricName: variant.name, statistics: statistics)
  }

  /// `nrefs:1|tok:rouge_score|stem:no|newline:none|version:0.1.2`.
  public func signature(referenceCount: Int) -> MetricSignature {
    [
      "nrefs": "\(referenceCount)",
      "tok": tokenizer.rawValue,
      "stem": usesStemmer ? "yes" : "no",
      "newline": newlineMark ?? "none",
      "version": Self.definitionVersion,
    ]
  }

  /// The words by sentence, of which all but ROUGE-Lsum have one.
  private func sentences(of line: String, _ interner: inout TokenInterner) -> [[Int32]] {
    var text = Array(line.utf8)
    if let newlineMark { text.replace(Array(newlineMark.utf8), with: [0x0A]) }
    let sentences = variant == .summary ? text.split(separator: 0x0A).map { Array($0) } : [text]
    return sentences.map { interner.tokens(in: tokenizer.separated($0, usesStemmer: usesStemmer)) }
  }

  private func compare(
    _ hypothesis: [[Int32]], with reference: [[Int32]]
  ) -> ROUGEStatistics {
    switch variant {
    case .ngrams(let length):
      let limits = NGramLimits(references: [reference[0]], maximumOrder: length)
      return ROUGEStatistics(
        matches: limits.matches(in: hypothesis[0])[length - 1],
        of: max(0, hypothesis[0].count - length + 1), and: max(0, reference[0].count - length + 1))
    case .longestSubsequence:
      return ROUGEStatistics(
        matches: CommonSubsequence.length(reference[0], hypothesis[0]),
        of: hypothesis[0].count, and: reference[0].count)
    case .summary:
      return ROUGEStatistics(
        matches: CommonSubsequence.unionMatches(of: reference, with: hypothesis),
        of: hypothesis.reduce(0) { $0 + $1.count }, and: reference.reduce(0) { $0 + $1.count })
    }
  }
}

/// The sums over segments that ROUGE's means rest on; all shares are 0–1 a segment.
public struct ROUGEStatistics: MetricStatistics, Hashable {
  /// The sum of the shares of the hypotheses that match.
  public private(set) var precision = 0.0
  /// The sum of the shares of the references that match.
  public private(set) var recall = 0.0
  /// The sum of the F measures.
  public private(set) var fMeasure = 0.0
  /// Segments.
  public private(set) var segments = 0

  init() {}

  /// One segment, by what matches of what the hypothesis and the reference have.
  init(matches: Int, of hypothesisCount: Int, and referenceCount: Int) {
    self.init(
      precision: Double(matches) / Double(max(hypothesisCount, 1)),
      recall: Double(matches) / Double(max(referenceCount, 1)), beta: 1)
  }

  /// One segment, with recall counted as β times as important as precision.
  init(precision: Double, recall: Double, beta: Double) {
    let factor = beta * beta
    self.precision = precision
    self.recall = recall
    let weight = recall + factor * precision
    fMeasure = weight > 0 ? (1 + factor) * precision * recall / weight : 0
    segments = 1
  }

  /// Adds the sums of further segments.
  public static func += (sum: inout ROUGEStatistics, more: ROUGEStatistics) {
    sum.precision += more.precision
    sum.recall += more.recall
    sum.fMeasure += more.fMeasure
    sum.segments += more.segments
  }

  /// Precision, recall, F measure, segments.
  public var components: [Double] { [precision, recall, fMeasure, Double(segments)] }

  /// Sums from their numbers.
  public init(components: [Double]) {
    (precision, recall, fMeasure) = (components[0], components[1], components[2])
    segments = Int(components[3])
  }
}

/// A ROUGE figure: means over segments, 0–100.
public struct ROUGEScore: MetricScore, Hashable {
  /// `rouge1`, `rouge2`, `rougeL`, `rougeLsum` or `rougeL_coco`.
  public let metricName: String
  /// The sums behind it.
  public let statistics: ROUGEStatistics

  /// The mean F measure.
  public var value: Double { mean(statistics.fMeasure) }
  /// The mean share of the hypothesis that matches.
  public var precision: Double { mean(statistics.precision) }
  /// The mean share of the reference that matches.
  public var recall: Double { mean(statistics.recall) }
  /// `(P = 41.27 R = 38.90)`.
  public var details: String { "(P = \(fixed(precision, 2)) R = \(fixed(recall, 2)))" }

  private func mean(_ sum: Double) -> Double {
    100 * sum / Double(max(statistics.segments, 1))
  }
}
