/// The counts of every segment as rows of numbers side by side: what resampling adds up.
///
///     let table = try SegmentTable(BLEU(), hypotheses: output, references: [gold])
///     let result = Resampling(.bootstrap, count: 1000).compare([table])[0]
public struct SegmentTable: Sendable {
  /// The metric's name in reports.
  public let metricName: String
  /// The figure of the whole corpus.
  public let score: Double
  /// How many segments there are.
  public let segmentCount: Int
  /// Numbers in a row.
  let width: Int
  /// Row after row.
  let rows: [Double]
  /// The figure that a sum of rows comes to.
  let value: @Sendable ([Double]) -> Double

  /// Counts every segment.
  ///
  /// - Throws: ``MetricError`` when there is no segment, no reference, or a list of another length.
  public init<Metric: CorpusMetric>(
    _ metric: Metric, hypotheses: [String], references: [[String]]
  ) throws(MetricError) {
    let segments = try metric.segmentStatistics(hypotheses: hypotheses, references: references)
    let score = metric.score(of: segments.reduce(into: metric.emptyStatistics) { $0 += $1 })
    metricName = score.metricName
    self.score = score.value
    segmentCount = segments.count
    rows = segments.flatMap(\.components)
    width = rows.count / segments.count
    value = { metric.score(of: Metric.Statistics(components: $0)).value }
  }

  /// Adds a row to a sum.
  @inline(__always)
  func add(_ segment: Int, to sum: inout [Double]) {
    rows.withUnsafeBufferPointer { rows in
      sum.withUnsafeMutableBufferPointer { sum in
        let start = segment * width
        for column in 0..<width { sum[column] += rows[start + column] }
      }
    }
  }
}
