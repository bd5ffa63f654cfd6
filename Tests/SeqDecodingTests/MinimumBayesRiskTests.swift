import SeqDecoding
import Testing

/// The candidate in the middle is found, however often candidates came.
@Suite struct MinimumBayesRiskTests {
  /// 1 where two numbers are near, less the farther they are.
  private func likeness(_ one: Int, _ other: Int) -> Double { 1 / (1 + Double(abs(one - other))) }

  @Test func expectedUtilityIsTheMeanOverSamples() {
    let ranked = MinimumBayesRisk.ranking(of: [0, 1, 5], counts: [1, 2, 1], utility: likeness)
    // 0: (1 + 2/2 + 1/6) / 4; 1: (1/2 + 2 + 1/5) / 4; 5: (1/6 + 2/5 + 1) / 4.
    #expect(ranked.map(\.candidate) == [1, 0, 5])
    #expect(ranked.map(\.index) == [1, 0, 2])
    for (found, expected) in zip(ranked, [2.7 / 4, 13.0 / 6 / 4, 47.0 / 30 / 4]) {
      #expect(abs(found.expectedUtility - expected) < 1e-12)
    }
  }

  @Test func utilityNeedNotBeSymmetric() {
    var asked: [[String]] = []
    let ranked = MinimumBayesRisk.ranking(of: ["a", "b"], counts: [3, 1]) { candidate, reference in
      asked.append([candidate, reference])
      return candidate == "b" && reference == "a" ? 10 : candidate == reference ? 1 : 0
    }
    #expect(ranked.map(\.candidate) == ["b", "a"])
    #expect(ranked.map(\.expectedUtility) == [31.0 / 4, 3.0 / 4])
    #expect(Set(asked).count == 4)
  }

  @Test func mergingChangesNoChoice() {
    var random = SplitMix64(state: 4)
    for _ in 0..<50 {
      let samples = (0..<40).map { _ in Int.random(in: 0...12, using: &random) }
      let (candidates, counts) = MinimumBayesRisk.merged(samples, by: \.self)
      #expect(counts.reduce(0, +) == 40)
      #expect(Set(candidates).count == candidates.count)
      let merged = MinimumBayesRisk.ranking(of: candidates, counts: counts, utility: likeness)
      let apart = MinimumBayesRisk.ranking(
        of: samples, counts: samples.map { _ in 1 }, utility: likeness)
      #expect(abs(merged[0].expectedUtility - apart[0].expectedUtility) < 1e-12)
      let best = (0...12).max {
        total($0, samples) < total($1, samples)
      }
      #expect(
        abs(total(merged[0].candidate, samples) - total(best ?? -1, samples)) < 1e-9
          || !samples.contains(best ?? -1))
    }
  }

  private func total(_ candidate: Int, _ samples: [Int]) -> Double {
    samples.reduce(0) { $0 + likeness(candidate, $1) }
  }

  @Test func tiesGoToTheFirstAndNonsenseLast() {
    let ties = MinimumBayesRisk.ranking(of: ["c", "a", "b"], counts: [1, 1, 1]) { _, _ in 2 }
    #expect(ties.map(\.candidate) == ["c", "a", "b"])
    let nonsense = MinimumBayesRisk.ranking(of: [0, 1], counts: [1, 1]) { candidate, _ in
      candidate == 0 ? .nan : -5
    }
    #expect(nonsense.map(\.candidate) == [1, 0])
    #expect(MinimumBayesRisk.ranking(of: [Int](), counts: [], utility: likeness).isEmpty)
    let merged = MinimumBayesRisk.merged([[1, 2], [3], [1, 2], [3], [1, 2]], by: \.self)
    #expect(merged.candidates == [[1, 2], [3]] && merged.counts == [3, 2])
  }
}
