import SeqMetrics
import Testing

/// Confidence and p-values with the draws, and so the figures, of sacreBLEU.
@Suite struct SignificanceTests {
  let fixture: SacreBLEUFixture
  let recorded: SacreBLEUFixture.Significance

  init() throws {
    fixture = try SacreBLEUFixture.recorded.get()
    recorded = fixture.significance
  }

  private func tables(_ metric: any CorpusMetric) throws -> [SegmentTable] {
    func table(_ metric: some CorpusMetric, _ system: [Int]) throws -> SegmentTable {
      try SegmentTable(
        metric, hypotheses: fixture.texts(system),
        references: recorded.references.map(fixture.texts))
    }
    return try recorded.systems.map { try table(metric, $0) }
  }

  @Test func drawsAreNumPys() {
    for recorded in recorded.draws {
      var draws = ResamplingDraws(seed: recorded.seed)
      #expect(
        recorded.integers.map { _ in draws.integer(below: recorded.bound) } == recorded.integers)
      draws = ResamplingDraws(seed: recorded.seed)
      #expect(recorded.flags.map { _ in draws.flag() } == recorded.flags)
    }
    #expect(recorded.draws.count == 5)
  }

  @Test func testsAgreeWithSacreBLEU() throws {
    for test in recorded.tests {
      let resampling = Resampling(
        try #require(Resampling.Method(rawValue: test.test)), count: test.count)
      let results = resampling.compare(try tables(test.metric))
      #expect(results.count == 4)
      for (found, expected) in zip(results, test.results) {
        #expect(abs(found.score - expected.score) <= 1e-9)
        #expect(found.pValue == expected.p_value, "\(test.kind) \(test.test) \(test.count)")
        #expect((found.confidence == nil) == (expected.mean == nil))
        // sacreBLEU adds up in float32.
        if let confidence = found.confidence, let mean = expected.mean, let ci = expected.ci {
          #expect(abs(confidence.mean - mean) <= 1e-4)
          #expect(abs(confidence.halfWidth - ci) <= 1e-4)
        }
      }
      let signature = test.metric.signature(referenceCount: 2).adding(resampling)
      #expect(signature.description == test.signature)
    }
    #expect(recorded.tests.count == 9)
  }

  @Test func oneSystemsConfidencePrintsAsInSacreBLEU() throws {
    var count = 0
    for test in recorded.tests {
      guard let line = test.line, let json = test.json else { continue }
      count += 1
      let report = try test.metric.report(
        hypotheses: fixture.texts(recorded.systems[0]),
        references: recorded.references.map(fixture.texts),
        resampling: Resampling(.bootstrap, count: 200))
      #expect(bytes(report.line(width: 2)) == bytes(line))
      #expect(bytes(report.json(width: 2)) == bytes(json))
    }
    #expect(count == 3)
  }

  @Test(arguments: [Resampling.Method.bootstrap, .randomization])
  func aSystemBesideItselfIsNoDifference(_ method: Resampling.Method) throws {
    for metric in metrics {
      let system = try tables(metric)[1]
      let results = Resampling(method, count: 300).compare([system, system])
      // No resample differs more than not at all.
      #expect(abs((results[1].pValue ?? 0) - 1.0 / 301) < 1e-12)
    }
  }

  @Test func everyMetricIsTested() throws {
    for metric in metrics {
      let results = Resampling(.bootstrap, count: 200).compare(try tables(metric))
      let confidence = try #require(results[0].confidence)
      #expect(abs(confidence.mean - results[0].score) < 3 * confidence.halfWidth)
      #expect(confidence.halfWidth > 0)
      #expect(results[3].score == results[0].score && results[3].confidence == confidence)
    }
    let other = Resampling(.bootstrap, count: 200, seed: 2).compare(try tables(BLEU()))
    #expect(
      other[0].confidence
        != Resampling(.bootstrap, count: 200).compare(try tables(BLEU()))[0].confidence)
  }

  @Test func rowsAddUpToTheCorpus() throws {
    for metric in metrics { try checkRows(of: metric) }
  }

  private func checkRows<Metric: CorpusMetric>(of metric: Metric) throws {
    let segments = try metric.segmentStatistics(
      hypotheses: fixture.texts(recorded.systems[0]),
      references: recorded.references.map(fixture.texts))
    var sum = metric.emptyStatistics
    for segment in segments {
      #expect(Metric.Statistics(components: segment.components) == segment)
      sum += segment
    }
    let rows = segments.map(\.components)
    let total = rows[0].indices.map { column in rows.reduce(0) { $0 + $1[column] } }
    #expect(metric.score(of: Metric.Statistics(components: total)) == metric.score(of: sum))
  }

  private var metrics: [any CorpusMetric] {
    [
      BLEU(), CHRF(wordOrder: 2), TER(), ROUGE(.ngrams(2)), ROUGE(.longestSubsequence),
      ROUGE(.summary), COCORougeL(), ErrorRate(.word), ErrorRate(.character), ExactMatch(),
    ]
  }
}
