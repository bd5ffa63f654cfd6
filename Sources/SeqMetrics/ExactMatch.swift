/// The share of segments that are right in every token.
///
///     let score = try ExactMatch().corpusScore(hypotheses: output, references: [gold])
///
/// `100 · exact / segments`. A hypothesis is exact when its tokens, what stands between white space,
/// are those of one of its references, byte for byte. In a list of several, references without a
/// token are none, as for ``ErrorRate``, so a segment is exact precisely when its word error rate
/// is 0.
///
/// The *word error rate* of the literature on pronunciation, the share of words none of whose
/// pronunciations was found, is `100 −` this figure.
public struct ExactMatch: CorpusMetric, Hashable {
  /// The release of this definition, which signatures carry as `version`.
  public static let definitionVersion = "1"

  /// Compare in lower case.
  public let lowercase: Bool

  /// Exact matches, of letters in one case if asked for.
  public init(lowercase: Bool = false) { self.lowercase = lowercase }

  /// How many segments are exact.
  public struct Counts: MetricStatistics, Hashable {
    /// Segments that are right in every token.
    public private(set) var exact = 0
    /// All segments.
    public private(set) var segments = 0

    init(exact: Int = 0, segments: Int = 0) {
      self.exact = exact
      self.segments = segments
    }

    /// Adds the counts of further segments.
    public static func += (sum: inout Counts, more: Counts) {
      sum.exact += more.exact
      sum.segments += more.segments
    }

    /// Exact segments, then all.
    public var components: [Double] { [Double(exact), Double(segments)] }

    /// Counts from their numbers.
    public init(components: [Double]) {
      (exact, segments) = (Int(components[0]), Int(components[1]))
    }
  }

  /// A share of exact segments with its counts.
  public struct Score: MetricScore, Hashable {
    /// The counts behind it.
    public let counts: Counts

    /// `exact_match`, as on the command line.
    public var metricName: String { "exact_match" }
    /// Exact segments a hundred.
    public var value: Double { 100 * Double(counts.exact) / Double(max(counts.segments, 1)) }
    /// `(exact = 76 segments = 100)`.
    public var details: String { "(exact = \(counts.exact) segments = \(counts.segments))" }
  }

  /// No segment.
  public var emptyStatistics: Counts { Counts() }

  /// Whether a segment is exact, as 1 of 1 or 0 of 1.
  ///
  /// - Precondition: there is at least one reference.
  public func statistics(hypothesis: String, references: [String]) -> Counts {
    let edits = ErrorRate(.word, lowercase: lowercase)
      .statistics(hypothesis: hypothesis, references: references).edits
    return Counts(exact: edits == 0 ? 1 : 0, segments: 1)
  }

  /// The share that the counts come to.
  public func score(of statistics: Counts) -> Score { Score(counts: statistics) }

  /// `nrefs:1|case:mixed|version:1`; of several references a segment may have fewer.
  public func signature(referenceCount: Int) -> MetricSignature {
    [
      "nrefs": "\(referenceCount)",
      "case": lowercase ? "lc" : "mixed",
      "version": Self.definitionVersion,
    ]
  }
}
