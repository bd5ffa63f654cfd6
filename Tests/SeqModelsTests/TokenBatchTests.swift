import SeqModels
import SeqTensors
import Testing

@Suite struct TokenBatchTests {
  @Test func theDecoderReadsWhatItIsToSayShiftedByOne() {
    let batch = TokenBatch(
      [
        .init(source: [7, 8, 2], target: [5, 6], firstRowIDs: (10, 20)),
        .init(source: [9], target: [], firstRowIDs: (30, 40)),
      ], .standard)
    #expect(batch.sourceIDs == [7, 8, 2, 9])
    #expect(batch.sources.lengths == [3, 1])
    #expect(batch.sources.rowIDs == [10, 11, 12, 30])
    #expect(batch.inputIDs == [1, 5, 6, 1])
    #expect(batch.labels == [5, 6, 2, 2])
    #expect(batch.targets.lengths == [3, 1])
    #expect(batch.targets.rowIDs == [20, 21, 22, 40])
    #expect(batch.targetTokenCount == 4)
  }

  @Test func rowsAreNumberedWithoutGapsOrOverlaps() {
    let model = Variant.all[0].model(seed: 1)
    let pairs = model.randomPairs(count: 20, seed: 2)
    let batch = TokenBatch(pairs, .standard)
    #expect(batch.sources.rowIDs == (0..<batch.sources.tokenCount).map { UInt32($0) })
    #expect(batch.targets.rowIDs == (0..<batch.targets.tokenCount).map { UInt32($0) })
  }

  @Test(arguments: 1...7)
  func dealingGivesEveryPairToOneWorker(workerCount: Int) {
    let model = Variant.all[0].model(seed: 1)
    for count in [0, 1, 3, 40] {
      let pairs = model.randomPairs(count: count, seed: 3)
      let shares = TokenBatch.deal(pairs, workerCount: workerCount)
      #expect(shares.count == workerCount)
      let numbers = shares.map { $0.map(\.firstRowIDs.target) }
      #expect(numbers.joined().sorted() == pairs.map(\.firstRowIDs.target))
      #expect(numbers.allSatisfy { $0 == $0.sorted() })
      let loads = shares.map { share in
        share.reduce(0) { $0 + $1.source.count + $1.target.count + 1 }
      }
      // The largest share was the smallest before its last pair, of at most 26 tokens, came.
      #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 26)
    }
  }

  @Test(arguments: [26, 40, 100, 100_000])
  func slicesKeepEveryPairInOrderWithinTheLimit(tokenLimit: Int) {
    let pairs = Variant.all[0].model(seed: 1).randomPairs(count: 40, seed: 3)
    func tokens(_ slice: [TokenBatch.Pair]) -> Int {
      max(
        slice.reduce(0) { $0 + $1.source.count }, slice.reduce(0) { $0 + $1.target.count + 1 })
    }
    let slices = TokenBatch.slices(pairs, tokenLimit: tokenLimit)
    #expect(slices.joined().map(\.target) == pairs.map(\.target))
    #expect(slices.allSatisfy { !$0.isEmpty && tokens($0) <= tokenLimit })
    #expect(slices.count == 1 || tokenLimit < 100_000)
    #expect(TokenBatch.slices([], tokenLimit: tokenLimit).isEmpty)
  }

  @Test func aPairLongerThanTheLimitIsASliceOfItsOwn() {
    let long = TokenBatch.Pair(source: [Int32](repeating: 5, count: 30), target: [6])
    let short = TokenBatch.Pair(source: [5], target: [6])
    let slices = TokenBatch.slices([short, long, short], tokenLimit: 10)
    #expect(slices.map { $0.map(\.source.count) } == [[1], [30], [1]])
  }
}
