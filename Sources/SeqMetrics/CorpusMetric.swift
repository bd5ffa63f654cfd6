/// A metric whose corpus value follows from the sum of what it counts in every segment.
///
///     let bleu = BLEU()
///     let score = try bleu.corpusScore(hypotheses: output, references: [gold])
///
/// The counts are kept apart from the score so that sums over any choice of segments, as
/// resampling needs them, cost no second look at the text. A metric is one file: its statistics,
/// its score and the four requirements below.
public protocol CorpusMetric: Sendable {
  /// What is counted in a segment.
  associatedtype Statistics: MetricStatistics
  /// What the counts come to.
  associatedtype Score: MetricScore

  /// The counts of a corpus without segments.
  var emptyStatistics: Statistics { get }

  /// Counts one segment. A pure function of its arguments.
  ///
  /// - Precondition: there is at least one reference.
  func statistics(hypothesis: String, references: [String]) -> Statistics

  /// The score of a segment or, from a sum, of a corpus.
  func score(of statistics: Statistics) -> Score

  /// What a reader must know to compute the same figure again.
  ///
  /// - Parameter referenceCount: the number of references of every segment.
  /// - Returns: the settings in a fixed order, the version last.
  func signature(referenceCount: Int) -> MetricSignature
}

/// Counts that add up.
public protocol MetricStatistics: Equatable, Sendable {
  /// Adds the counts of further segments.
  static func += (sum: inout Self, more: Self)

  /// The counts as a row of numbers, which adds up number by number: what resampling works on.
  var components: [Double] { get }
  /// The counts that a row of ``components``, or a sum of such rows, stands for.
  init(components: [Double])
}

/// A figure and what stands beside it in a report.
public protocol MetricScore: Equatable, Sendable {
  /// The metric's name as reports print it, such as `BLEU`.
  var metricName: String { get }
  /// The figure on the metric's usual scale, for BLEU 0–100.
  var value: Double { get }
  /// The parts of the figure in one line, empty when there are none.
  var details: String { get }
}

extension CorpusMetric {
  /// The counts of every segment, in order.
  ///
  /// - Parameters:
  ///   - hypotheses: one string a segment.
  ///   - references: one list for each set of references, each with one string a segment.
  /// - Returns: one element a segment; their sum is what ``score(of:)`` takes for a corpus.
  /// - Throws: ``MetricError`` when there is no segment, no reference, or a list of another length.
  public func segmentStatistics(
    hypotheses: [String], references: [[String]]
  ) throws(MetricError) -> [Statistics] {
    try checkCounts(hypotheses: hypotheses, references: references)
    return hypotheses.indices.map { segment in
      statistics(hypothesis: hypotheses[segment], references: references.map { $0[segment] })
    }
  }

  /// The score of a whole corpus: from summed counts, not a mean of segment scores.
  ///
  /// - Parameters:
  ///   - hypotheses: one string a segment; an empty one is a segment like any other.
  ///   - references: one list for each set of references, each with one string a segment.
  /// - Returns: the score with its parts.
  /// - Throws: ``MetricError`` when there is no segment, no reference, or a list of another length.
  public func corpusScore(
    hypotheses: [String], references: [[String]]
  ) throws(MetricError) -> Score {
    try checkCounts(hypotheses: hypotheses, references: references)
    var sum = emptyStatistics
    for segment in hypotheses.indices {
      sum += statistics(
        hypothesis: hypotheses[segment], references: references.map { $0[segment] })
    }
    return score(of: sum)
  }

  /// The score of one segment by itself.
  ///
  /// - Precondition: there is at least one reference.
  public func sentenceScore(hypothesis: String, references: [String]) -> Score {
    score(of: statistics(hypothesis: hypothesis, references: references))
  }

  /// The corpus score with its signature, in a form that no longer depends on the metric.
  ///
  /// - Parameters:
  ///   - hypotheses: one string a segment.
  ///   - references: one list for each set of references, each with one string a segment.
  ///   - resampling: a bootstrap, for where the score lies with 95 % confidence.
  /// - Returns: the report.
  /// - Throws: ``MetricError`` when there is no segment, no reference, or a list of another length.
  public func report(
    hypotheses: [String], references: [[String]], resampling: Resampling? = nil
  ) throws(MetricError) -> MetricReport {
    let score = try corpusScore(hypotheses: hypotheses, references: references)
    var signature = signature(referenceCount: references.count)
    var confidence: Resampling.Confidence?
    if let resampling {
      let table = try SegmentTable(self, hypotheses: hypotheses, references: references)
      signature = signature.adding(resampling)
      confidence = resampling.compare([table])[0].confidence
    }
    return MetricReport(
      name: score.metricName, score: score.value, signature: signature, details: score.details,
      confidence: confidence)
  }

  /// The score of every segment by itself, in order, each with the signature.
  ///
  /// - Throws: ``MetricError`` when there is no segment, no reference, or a list of another length.
  public func segmentReports(
    hypotheses: [String], references: [[String]]
  ) throws(MetricError) -> [MetricReport] {
    let signature = signature(referenceCount: references.count)
    return try segmentStatistics(hypotheses: hypotheses, references: references).map {
      let score = score(of: $0)
      return MetricReport(
        name: score.metricName, score: score.value, signature: signature, details: score.details)
    }
  }

  private func checkCounts(
    hypotheses: [String], references: [[String]]
  ) throws(MetricError) {
    if references.isEmpty { throw .noReferences }
    for (index, lines) in references.enumerated() where lines.count != hypotheses.count {
      throw .unequalSegmentCounts(
        hypotheses: hypotheses.count, references: lines.count, referenceIndex: index)
    }
    if hypotheses.isEmpty { throw .noSegments }
  }
}
