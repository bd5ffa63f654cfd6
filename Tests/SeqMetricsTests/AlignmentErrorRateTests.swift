import SeqMetrics
import Testing

/// The alignment error rate against its definition.
@Suite struct AlignmentErrorRateTests {
  /// Worked out by hand: A = {0-0, 1-1, 2-1}, S = {0-0, 1-2}, P = S ∪ {2-1}.
  @Test func countsAreThoseOfTheDefinition() throws {
    let score = try AlignmentErrorRate().corpusScore(
      hypotheses: ["0-0 1-1 2-1"], references: [["0-0 1-2 2p1"]])
    // |A ∩ S| = 1, |A ∩ P| = 2, |A| = 3, |S| = 2.
    #expect(abs(score.value - 100 * (1 - 3.0 / 5)) < 1e-12)
    #expect(score.details == "(precision = 66.7 recall = 50.0 found = 3 sure = 2)")
    #expect(AlignmentErrorRate().signature(referenceCount: 1).description == "nrefs:1|version:1")
  }

  @Test func linksAreSetsAndSumsAreOfTheCorpus() throws {
    let metric = AlignmentErrorRate()
    // A link said twice is one; the corpus's rate is of the sums.
    let corpus = try metric.corpusScore(
      hypotheses: ["0-0 0-0", "5-5"], references: [["0-0", "5?5 6-6"]])
    #expect(abs(corpus.value - 100 * (1 - (1.0 + 2) / (2 + 2))) < 1e-12)
    #expect(metric.sentenceScore(hypothesis: "0-0", references: ["0-0"]).value == 0)
    #expect(metric.sentenceScore(hypothesis: "1-0", references: ["0-0"]).value == 100)
    #expect(metric.sentenceScore(hypothesis: "", references: [""]).value == 0)
  }

  @Test func whatIsNoLinkIsNamed() {
    #expect(AlignmentErrorRate.problem(inLine: "0-0 1p2 3?4") == nil)
    #expect(AlignmentErrorRate.problem(inLine: "") == nil)
    for line in ["0-0 1", "a-b", "0-0-0", "-1-0", "1:2"] {
      #expect(AlignmentErrorRate.problem(inLine: line)?.contains("is no link") == true)
    }
  }
}
