import SeqMetrics
import Testing

/// Figures equal to sacreBLEU's, over tokenisers, smoothings, case, orders and references.
@Suite struct BLEUGoldenTests {
  let fixture: BLEUFixture

  init() throws { fixture = try BLEUFixture.recorded.get() }

  @Test func fixtureIsOfTheReleaseThatSignaturesName() {
    #expect(fixture.sacrebleu == BLEU.definitionVersion)
    #expect(fixture.sentences.count + fixture.corpora.count >= 2000)
  }

  @Test func sentencesAgree() throws {
    for (index, recorded) in fixture.sentences.enumerated() {
      let metric = try fixture.metric(for: recorded)
      let score = metric.sentenceScore(
        hypothesis: fixture.texts[recorded.hypotheses[0]],
        references: recorded.references.map { fixture.texts[$0[0]] })
      expect(score, equals: recorded, "sentence \(index)")
    }
  }

  @Test func corporaAgree() throws {
    for (index, recorded) in fixture.corpora.enumerated() {
      let score = try fixture.metric(for: recorded).corpusScore(
        hypotheses: fixture.hypotheses(of: recorded), references: fixture.references(of: recorded))
      expect(score, equals: recorded, "corpus \(index)")
    }
  }

  @Test func linesAndSignaturesAgree() throws {
    for recorded in fixture.sentences + fixture.corpora {
      let report = try report(on: recorded)
      #expect(bytes(report.line(width: 2)) == bytes(recorded.line))
    }
  }

  @Test func jsonAgrees() throws {
    for (recorded, json) in zip(fixture.corpora, fixture.json) {
      let report = try report(on: recorded)
      #expect(bytes(report.json(width: 1)) == bytes(json))
    }
  }

  private func report(on recorded: BLEUFixture.Case) throws -> MetricReport {
    try fixture.metric(for: recorded).report(
      hypotheses: fixture.hypotheses(of: recorded), references: fixture.references(of: recorded))
  }

  private func expect(
    _ score: BLEUScore, equals recorded: BLEUFixture.Case, _ name: Comment
  ) {
    let statistics = score.statistics
    let counts =
      [statistics.hypothesisLength, statistics.referenceLength] + statistics.matches
      + statistics.totals
    #expect(counts == recorded.statistics, name)
    #expect(abs(score.value - recorded.score) <= 1e-9, name)
    #expect(score.precisions.count == recorded.precisions.count, name)
    for (ours, theirs) in zip(score.precisions, recorded.precisions) {
      #expect(abs(ours - theirs) <= 1e-9, name)
    }
  }
}
