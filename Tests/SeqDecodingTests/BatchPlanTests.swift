import SeqDecoding
import Testing

@Suite struct BatchPlanTests {
  @Test func longestFirstWithinTheBudget() {
    let plan = BatchPlan(lengths: [3, 9, 0, 4, 3, 5], tokenBudget: 20, rowsPerSentence: 2)
    // 9 | 5 4 | 3 3 0, each times 2; the empty sentence counts 1.
    #expect(plan.batches == [[1], [5, 3], [0, 4, 2]])
  }

  @Test func sentenceLimitAndOverlongSentences() {
    let plan = BatchPlan(lengths: [1, 50, 1, 1, 60], tokenBudget: 10, sentenceLimit: 2)
    #expect(plan.batches == [[4], [1], [0, 2], [3]])
    #expect(BatchPlan(lengths: [], tokenBudget: 10).batches.isEmpty)
  }

  @Test func everySentenceOnceWithinLimitsAndBackInOrder() {
    var random = SplitMix64(state: 5)
    for _ in 0..<200 {
      let lengths = (0..<Int.random(in: 0...80, using: &random)).map { _ in
        Int.random(in: 0...30, using: &random)
      }
      let budget = Int.random(in: 1...300, using: &random)
      let rows = Int.random(in: 1...5, using: &random)
      let limit = Int.random(in: 1...20, using: &random)
      let plan = BatchPlan(
        lengths: lengths, tokenBudget: budget, rowsPerSentence: rows, sentenceLimit: limit)
      #expect(plan.batches.joined().sorted() == Array(lengths.indices))
      for batch in plan.batches {
        let cost = batch.reduce(0) { $0 + max(lengths[$1], 1) * rows }
        #expect(batch.count == 1 || cost <= budget)
        #expect((1...limit).contains(batch.count))
      }
      let planned = plan.batches.joined().map { lengths[$0] }
      #expect(planned == lengths.sorted(by: >))
      #expect(plan.restoringOrder(plan.batches) == Array(lengths.indices))
    }
  }
}
