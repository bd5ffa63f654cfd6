/// ROUGE-L as the COCO caption and the E2E evaluations compute it: recall counts 1.2 times as much as
/// precision, and each takes the reference that is best for it.
///
///     let score = try COCORougeL().corpusScore(hypotheses: captions, references: references)
///
/// The F measure is `(1 + β²) P R / (R + β² P)` of the best precision and the best recall over the
/// references, the corpus's figure the mean over segments, 0–100. Those evaluations cut text with
/// a Java tokeniser before; give text cut so, and ``ROUGE/Tokenizer/whitespace``, for their figures.
/// A text without words has one empty word.
///
/// - SeeAlso: Chen et al. 2015, arXiv:1504.00325, §3.2; pycocoevalcap 1.2.
public struct COCORougeL: CorpusMetric, Hashable {
  /// The release of pycocoevalcap whose figures these are, which signatures carry as `version`.
  public static let definitionVersion = "1.2"
  /// How many times as important recall is as precision.
  public static let beta = 1.2

  /// How text is cut into words.
  public let tokenizer: ROUGE.Tokenizer
  /// Compare the stems of English words, longer than three letters.
  public let usesStemmer: Bool

  /// By default words are letters, marks and digits of all scripts, in lower case.
  public init(tokenizer: ROUGE.Tokenizer = .unicode, usesStemmer: Bool = false) {
    self.tokenizer = tokenizer
    self.usesStemmer = usesStemmer
  }

  /// No segment.
  public var emptyStatistics: ROUGEStatistics { ROUGEStatistics() }

  /// The figures of a segment.
  ///
  /// Cost: for every reference the product of the lengths.
  ///
  /// - Precondition: there is at least one reference.
  public func statistics(hypothesis: String, references: [String]) -> ROUGEStatistics {
    guard !references.isEmpty else { fatalError("ROUGE: a hypothesis without references") }
    var interner = TokenInterner()
    let hypothesis = words(of: hypothesis, &interner)
    var best = (precision: 0.0, recall: 0.0)
    for reference in references {
      let reference = words(of: reference, &interner)
      let matches = Double(CommonSubsequence.length(reference, hypothesis))
      best.precision = max(best.precision, matches / Double(hypothesis.count))
      best.recall = max(best.recall, matches / Double(reference.count))
    }
    return ROUGEStatistics(precision: best.precision, recall: best.recall, beta: Self.beta)
  }

  /// The mean over the segments.
  public func score(of statistics: ROUGEStatistics) -> ROUGEScore {
    ROUGEScore(metricName: "rougeL_coco", statistics: statistics)
  }

  /// `nrefs:1|tok:unicode|stem:no|beta:1.2|version:1.2`.
  public func signature(referenceCount: Int) -> MetricSignature {
    [
      "nrefs": "\(referenceCount)",
      "tok": tokenizer.rawValue,
      "stem": usesStemmer ? "yes" : "no",
      "beta": "\(Self.beta)",
      "version": Self.definitionVersion,
    ]
  }

  /// The words; the number 0, which no word has, stands for the empty one.
  private func words(of line: String, _ interner: inout TokenInterner) -> [Int32] {
    let words = interner.tokens(
      in: tokenizer.separated(Array(line.utf8), usesStemmer: usesStemmer))
    return words.isEmpty ? [0] : words
  }
}
