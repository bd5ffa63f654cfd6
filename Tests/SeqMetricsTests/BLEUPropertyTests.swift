import SeqMetrics
import Testing

/// What holds for BLEU whatever the text.
@Suite struct BLEUPropertyTests {
  /// Eighty hypotheses and two sets of references, from the recorded texts.
  private func corpus() throws -> (hypotheses: [String], references: [[String]]) {
    let texts = try BLEUFixture.recorded.get().texts
    let starts = stride(from: 40, to: 440, by: 5)
    return (
      starts.map { texts[$0] }, [starts.map { texts[$0 + 1] }, starts.map { texts[$0 + 2] }]
    )
  }

  @Test(arguments: BLEU.Tokenizer.allCases, [BLEU.Smoothing.none, .floor, .addK, .exponential])
  func identicalTextScoresAHundred(
    _ tokenizer: BLEU.Tokenizer, _ smoothing: BLEU.Smoothing
  ) throws {
    let (hypotheses, references) = try corpus()
    let metric = BLEU(tokenizer: tokenizer, smoothing: smoothing)
    let score = try metric.corpusScore(
      hypotheses: hypotheses, references: [references[0], hypotheses])
    #expect(abs(score.value - 100) <= 1e-9)
    #expect(score.brevityPenalty == 1)
  }

  @Test(arguments: BLEU.Tokenizer.allCases)
  func orderOfSegmentsChangesNothing(_ tokenizer: BLEU.Tokenizer) throws {
    let (hypotheses, references) = try corpus()
    let metric = BLEU(tokenizer: tokenizer)
    let score = try metric.corpusScore(hypotheses: hypotheses, references: references)
    var randomness = SplitMix(state: 7)
    let order = hypotheses.indices.shuffled(using: &randomness)
    #expect(order != Array(hypotheses.indices))
    let shuffled = try metric.corpusScore(
      hypotheses: order.map { hypotheses[$0] },
      references: references.map { lines in order.map { lines[$0] } })
    #expect(score == shuffled)
    #expect(score.value > 0 && score.value < 100)
  }

  @Test func orderOfReferencesChangesNothing() throws {
    let (hypotheses, references) = try corpus()
    let score = try BLEU().corpusScore(hypotheses: hypotheses, references: references)
    let reversed = try BLEU().corpusScore(
      hypotheses: hypotheses, references: references.reversed())
    #expect(score == reversed)
  }

  @Test func aFurtherReferenceNeverTakesMatchesAway() throws {
    let (hypotheses, references) = try corpus()
    let one = try BLEU().corpusScore(hypotheses: hypotheses, references: [references[0]])
    let two = try BLEU().corpusScore(hypotheses: hypotheses, references: references)
    #expect(zip(one.statistics.matches, two.statistics.matches).allSatisfy { $0 <= $1 })
    #expect(one.statistics.matches != two.statistics.matches)
  }

  @Test func statisticsAddUp() throws {
    let (hypotheses, references) = try corpus()
    let metric = BLEU(tokenizer: .international, lowercase: true)
    let segments = try metric.segmentStatistics(hypotheses: hypotheses, references: references)
    #expect(segments.count == hypotheses.count)
    var left = metric.emptyStatistics
    var right = metric.emptyStatistics
    for (index, segment) in segments.enumerated() {
      if index.isMultiple(of: 3) { left += segment } else { right += segment }
    }
    left += right
    let whole = try metric.corpusScore(hypotheses: hypotheses, references: references)
    #expect(metric.score(of: left) == whole)
  }

  @Test func composedAndDecomposedLettersDiffer() {
    let score = BLEU(tokenizer: .none, maximumOrder: 1)
      .sentenceScore(hypothesis: "caf\u{E9}", references: ["cafe\u{301}"])
    #expect(score.value == 0)
  }

  @Test func repetitionsAreClipped() {
    let score = BLEU(tokenizer: .none, smoothing: .none, maximumOrder: 1)
      .sentenceScore(
        hypothesis: "the the the the the the the",
        references: ["the cat is on the mat", "there is a cat on the mat"])
    // Papineni et al. 2002, §2.1: modified unigram precision 2/7.
    #expect(score.statistics.matches == [2])
    #expect(abs(score.precisions[0] - 200.0 / 7) <= 1e-9)
  }

  @Test(arguments: [1, 5, 60, 700])
  func matchesAgreeWithPlainCounting(_ length: Int) {
    var randomness = SplitMix(state: UInt64(length))
    var words: [Int] { (0..<length).map { _ in Int.random(in: 0..<12, using: &randomness) } }
    let (hypothesis, references) = (words, [words, words])
    let statistics = BLEU(tokenizer: .none, maximumOrder: 5).statistics(
      hypothesis: line(hypothesis), references: references.map(line))
    for order in 1...5 {
      let counts = references.map { ngramCounts($0, order) }
      let matches = ngramCounts(hypothesis, order).reduce(0) { sum, ngram in
        sum + min(ngram.value, counts.map { $0[ngram.key] ?? 0 }.max() ?? 0)
      }
      #expect(statistics.matches[order - 1] == matches)
      #expect(statistics.totals[order - 1] == max(0, length - order + 1))
    }
  }

  private func line(_ words: [Int]) -> String {
    words.map { "w\($0)" }.joined(separator: " ")
  }

  private func ngramCounts(_ words: [Int], _ order: Int) -> [[Int]: Int] {
    words.indices.dropLast(order - 1).reduce(into: [:]) { counts, start in
      counts[Array(words[start..<start + order]), default: 0] += 1
    }
  }

  @Test func shorterOfTwoEquallyNearReferencesCounts() {
    let score = BLEU().sentenceScore(
      hypothesis: "a b c d e", references: ["a b c d e f g", "a b c"])
    #expect(score.statistics.referenceLength == 3)
  }

  @Test func unequalCountsAreErrors() {
    #expect(
      throws: MetricError.unequalSegmentCounts(hypotheses: 2, references: 3, referenceIndex: 1)
    ) {
      try BLEU().corpusScore(
        hypotheses: ["a", "b"], references: [["a", "b"], ["a", "b", "c"]])
    }
    #expect(throws: MetricError.noReferences) {
      try BLEU().segmentStatistics(hypotheses: ["a"], references: [])
    }
    #expect(throws: MetricError.noSegments) {
      try BLEU().report(hypotheses: [], references: [[]])
    }
  }

  @Test func reportsNameTheSystem() throws {
    let report = try BLEU().report(hypotheses: ["a b c d"], references: [["a b c d"]])
    let expected = """
      {
       "system": "runs/\\"a\\"\\t.de",
       "name": "BLEU",
       "score": 100.0,
       "signature": "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0",
       "verbose_score": "100.0/100.0/100.0/100.0 (BP = 1.000 ratio = 1.000 hyp_len = 4 ref_len = 4)",
       "nrefs": "1",
       "case": "mixed",
       "eff": "no",
       "tok": "13a",
       "smooth": "exp",
       "version": "2.6.0"
      }
      """
    #expect(bytes(report.json(width: 2, system: "runs/\"a\"\t.de")) == bytes(expected))
  }
}

/// A seeded generator, so that a failure comes again (Steele, Lea, Flood 2014).
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
