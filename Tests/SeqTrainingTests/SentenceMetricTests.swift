import SeqTraining
import Testing

/// What minimum risk training measures candidates by.
@Suite struct SentenceMetricTests {
  @Test(arguments: SentenceMetric.allCases)
  func perfectIsZeroAndWorseIsMore(_ metric: SentenceMetric) {
    let reference = "나는 the cat sat on it"
    let perfect = metric.risk(reference, reference: reference)
    let close = metric.risk("나는 the cat sat on", reference: reference)
    let far = metric.risk("zzz", reference: reference)
    #expect(abs(perfect) < 1e-12)
    #expect(close > 0.01 && far >= close && far <= 1)
    if metric != .exactMatch { #expect(far > close) }
  }

  @Test func sharesAreThoseOfTheMetrics() {
    let (text, reference) = ("나는 학생 ok", "나는 선생 ok")
    // sacreBLEU 2.6.0 gives 28.055555555555557.
    let missing = 1 - 0.28055555555555557
    #expect(abs(SentenceMetric.chrf.risk(text, reference: reference) - missing) < 1e-12)
    // Two of three words, Korean ones among them.
    #expect(abs(SentenceMetric.rougeL.risk(text, reference: reference) - 1.0 / 3) < 1e-12)
    // Two words moved together: one shift to TER, four edits to others.
    let (moved, gold) = ("on it the cat sat", "the cat sat on it")
    #expect(SentenceMetric.translationEdits.risk(moved, reference: gold) == 0.2)
    #expect(SentenceMetric.wordErrors.risk(moved, reference: gold) == 0.8)
  }
}
