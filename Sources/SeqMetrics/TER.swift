/// The edits that make output a reference, where moving words together is one edit.
///
///     let score = try TER().corpusScore(hypotheses: output, references: [gold])
///
/// `100 · edits / mean reference length`, with edits the insertions, deletions and substitutions of
/// words and the shifts of word sequences. 0 is perfect, and it may exceed 100. Of several references
/// the one with the fewest edits counts, over the mean length of all.
///
/// Which shifts are made is a matter of search: tercom's, as sacreBLEU follows it.
///
/// - SeeAlso: Snover et al. 2006, <https://aclanthology.org/2006.amta-papers.25>; ``ShiftSearch``.
public struct TER: CorpusMetric, Hashable {
  /// The release of sacreBLEU whose figures these are, which signatures carry as `version`.
  public static let definitionVersion = BLEU.definitionVersion

  /// Set punctuation apart and read XML entities, by tercom's rules.
  public let isNormalized: Bool
  /// Leave out `. , ? : ; ! " ( )`.
  public let removesPunctuation: Bool
  /// Treat ideographs, where normalising, as words, and Asian punctuation as punctuation.
  public let hasAsianSupport: Bool
  /// Tell capitals from small letters.
  public let isCaseSensitive: Bool

  /// Settings whose defaults are those of sacreBLEU and of tercom.
  public init(
    isNormalized: Bool = false, removesPunctuation: Bool = false, hasAsianSupport: Bool = false,
    isCaseSensitive: Bool = false
  ) {
    self.isNormalized = isNormalized
    self.removesPunctuation = removesPunctuation
    self.hasAsianSupport = hasAsianSupport
    self.isCaseSensitive = isCaseSensitive
  }

  /// The edits and the length of one segment or of a corpus.
  public struct Statistics: MetricStatistics, Hashable {
    /// Insertions, deletions, substitutions and shifts.
    public private(set) var edits: Int
    /// Words of the references; of several the mean.
    public private(set) var referenceLength: Double

    init(edits: Int = 0, referenceLength: Double = 0) {
      self.edits = edits
      self.referenceLength = referenceLength
    }

    /// Adds the counts of further segments.
    public static func += (sum: inout Statistics, more: Statistics) {
      sum.edits += more.edits
      sum.referenceLength += more.referenceLength
    }

    /// Edits, then length.
    public var components: [Double] { [Double(edits), referenceLength] }

    /// Counts from their numbers.
    public init(components: [Double]) {
      self.init(edits: Int(components[0]), referenceLength: components[1])
    }
  }

  /// A translation edit rate.
  public struct Score: MetricScore, Hashable {
    /// The counts behind it.
    public let statistics: Statistics

    /// `TER`.
    public var metricName: String { "TER" }
    /// Edits a hundred words; 100 for any edit where the references have no word.
    public var value: Double {
      if statistics.referenceLength > 0 {
        return 100 * (Double(statistics.edits) / statistics.referenceLength)
      }
      return statistics.edits > 0 ? 100 : 0
    }
    /// Empty.
    public var details: String { "" }
  }

  /// No edits and no words.
  public var emptyStatistics: Statistics { Statistics() }

  /// The fewest edits to any of the references, and their mean length.
  ///
  /// Cost: for every reference at most about 1,000 edit distances, each of 50 steps a word.
  ///
  /// - Precondition: there is at least one reference.
  public func statistics(hypothesis: String, references: [String]) -> Statistics {
    guard !references.isEmpty else { fatalError("TER: a hypothesis without references") }
    var interner = TokenInterner()
    let hypothesis = interner.tokens(in: prepared(hypothesis))
    var fewest = Int.max
    var words = 0
    for reference in references {
      let reference = interner.tokens(in: preparedReference(reference))
      words += reference.count
      fewest = min(fewest, ShiftSearch.edits(from: hypothesis, to: reference))
    }
    return Statistics(
      edits: fewest, referenceLength: Double(words) / Double(references.count))
  }

  /// The rate that the counts come to.
  public func score(of statistics: Statistics) -> Score { Score(statistics: statistics) }

  /// The signature sacreBLEU gives these settings: `nrefs:1|case:lc|tok:tercom|norm:no|…`.
  public func signature(referenceCount: Int) -> MetricSignature {
    [
      "nrefs": "\(referenceCount)",
      "case": isCaseSensitive ? "mixed" : "lc",
      "tok": "tercom",
      "norm": isNormalized ? "yes" : "no",
      "punct": removesPunctuation ? "no" : "yes",
      "asian": hasAsianSupport ? "yes" : "no",
      "version": Self.definitionVersion,
    ]
  }
}
