/// How far links between words are from those that people drew: the alignment error rate.
///
///     let score = try AlignmentErrorRate().corpusScore(hypotheses: links, references: [gold])
///
/// `100 · (1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|))`, A the links found, S the sure ones of the
/// reference and P all of them. A line holds the links of a pair, words counted from 0: `0-1` a sure
/// one, `0p1` or `0?1` one that is possible. Links that are found are found, however they are spelled;
/// of several references the first counts.
///
/// - SeeAlso: Och & Ney 2003, "A Systematic Comparison of Various Statistical Alignment Models", §4.
public struct AlignmentErrorRate: CorpusMetric, Hashable {
  /// The release of this definition, which signatures carry as `version`.
  public static let definitionVersion = "1"

  /// An error rate; there is nothing to choose.
  public init() {}

  /// How many links are found, right and wanted.
  public struct Counts: MetricStatistics, Hashable {
    /// Links found.
    public private(set) var found = 0
    /// Of those, the sure ones of the reference.
    public private(set) var sureFound = 0
    /// Of those, the sure and possible ones.
    public private(set) var possibleFound = 0
    /// Sure links of the reference.
    public private(set) var sure = 0

    init(found: Int = 0, sureFound: Int = 0, possibleFound: Int = 0, sure: Int = 0) {
      self.found = found
      self.sureFound = sureFound
      self.possibleFound = possibleFound
      self.sure = sure
    }

    /// Adds the counts of further segments.
    public static func += (sum: inout Counts, more: Counts) {
      sum.found += more.found
      sum.sureFound += more.sureFound
      sum.possibleFound += more.possibleFound
      sum.sure += more.sure
    }

    /// Found, sure among them, possible among them, sure.
    public var components: [Double] { [found, sureFound, possibleFound, sure].map(Double.init) }

    /// Counts from their numbers.
    public init(components: [Double]) {
      let counts = components.map { Int($0) }
      self.init(
        found: counts[0], sureFound: counts[1], possibleFound: counts[2], sure: counts[3])
    }
  }

  /// An error rate with its counts.
  public struct Score: MetricScore, Hashable {
    /// The counts behind it.
    public let counts: Counts

    /// `AER`.
    public var metricName: String { "AER" }
    /// 0–100; 0 where there is nothing to find and nothing was found.
    public var value: Double {
      let all = counts.found + counts.sure
      let right = counts.sureFound + counts.possibleFound
      return all == 0 ? 0 : 100 * (1 - Double(right) / Double(all))
    }
    /// `(precision = 71.0 recall = 64.5 found = 31 sure = 31)`, in per cent.
    public var details: String {
      func share(_ part: Int, of whole: Int) -> String {
        let tenths = (1000 * Double(part) / Double(max(whole, 1))).rounded()
        return "\(tenths / 10)"
      }
      return "(precision = \(share(counts.possibleFound, of: counts.found)) "
        + "recall = \(share(counts.sureFound, of: counts.sure)) "
        + "found = \(counts.found) sure = \(counts.sure))"
    }
  }

  private struct Link: Hashable {
    let source: Int
    let target: Int

    /// A link of a line, and whether it is sure.
    static func parsed(_ text: Substring) -> (link: Link, isSure: Bool)? {
      guard let mark = text.firstIndex(where: { "-p?".contains($0) }),
        let source = Int(text[..<mark]), let target = Int(text[text.index(after: mark)...]),
        source >= 0, target >= 0
      else { return nil }
      return (Link(source: source, target: target), text[mark] == "-")
    }
  }

  /// What in a line is no link; nil when all of it is.
  public static func problem(inLine line: String) -> String? {
    line.split(separator: " ").first { Link.parsed($0) == nil }.map {
      "'\($0)' is no link: expected a word of the source and one of the target, as 0-1, 0p1 or 0?1"
    }
  }

  /// No link.
  public var emptyStatistics: Counts { Counts() }

  /// Counts the links of one pair; what is no link counts for nothing.
  ///
  /// - Precondition: there is at least one reference.
  public func statistics(hypothesis: String, references: [String]) -> Counts {
    func links(_ line: String) -> [(link: Link, isSure: Bool)] {
      line.split(separator: " ").compactMap { Link.parsed($0) }
    }
    let found = Set(links(hypothesis).map(\.link))
    let gold = links(references[0])
    let sure = Set(gold.filter(\.isSure).map(\.link))
    let possible = Set(gold.map(\.link))
    return Counts(
      found: found.count, sureFound: found.intersection(sure).count,
      possibleFound: found.intersection(possible).count, sure: sure.count)
  }

  /// The rate that the counts come to.
  public func score(of statistics: Counts) -> Score { Score(counts: statistics) }

  /// `nrefs:1|version:1`.
  public func signature(referenceCount: Int) -> MetricSignature {
    ["nrefs": "\(referenceCount)", "version": Self.definitionVersion]
  }
}
