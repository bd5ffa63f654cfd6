import Foundation
import SeqModels
import SeqTraining
import Synchronization
import Testing

@Suite struct TrainingDataAheadTests {
  private struct Missing: Error, Equatable { let batch: Int }

  /// Three batches an epoch that know where they stand, the second of epoch 7 missing.
  private final class Numbers: TrainingData {
    let asked = Mutex<[[Int]]>([])
    private let isBusy = Atomic(false)

    private func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
      let wasBusy = isBusy.exchange(true, ordering: .acquiringAndReleasing)
      defer { isBusy.store(false, ordering: .releasing) }
      #expect(!wasBusy)
      return try body()
    }

    func batchCount(epoch: Int) throws -> Int { alone { 3 } }
    func lineNumbers(epoch: Int, batch: Int) throws -> [Int] { alone { [epoch, batch] } }

    func pairs(epoch: Int, batch: Int) throws -> [TokenBatch.Pair] {
      try alone {
        asked.withLock { $0.append([epoch, batch]) }
        usleep(500)
        if epoch == 7 && batch == 1 { throw Missing(batch: batch) }
        return [TokenBatch.Pair(source: [Int32(epoch)], target: [Int32(batch)])]
      }
    }
  }

  private func place(_ pairs: [TokenBatch.Pair]) -> [Int32] { pairs[0].source + pairs[0].target }

  @Test func everyRequestGetsItsBatch() throws {
    let ahead = TrainingDataAhead(Numbers())
    let order = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (0, 0), (2, 2), (2, 0), (2, 0), (2, 1)]
    for (epoch, batch) in order {
      let pairs = try ahead.pairs(epoch: epoch, batch: batch)
      #expect(place(pairs) == [Int32(epoch), Int32(batch)])
      #expect(try ahead.batchCount(epoch: epoch) == 3)
      #expect(try ahead.lineNumbers(epoch: epoch, batch: batch) == [epoch, batch])
    }
  }

  @Test func theNextBatchIsMadeMeanwhileAndOnce() throws {
    let numbers = Numbers()
    let ahead = TrainingDataAhead(numbers)
    for batch in 0..<3 {
      _ = try ahead.pairs(epoch: 4, batch: batch)
      // Whatever asks next waits for what is being made.
      _ = try ahead.batchCount(epoch: 4)
      let expected = (0...min(batch + 1, 2)).map { [4, $0] }
      #expect(numbers.asked.withLock { $0 } == expected)
    }
  }

  @Test func whatFailsAheadFailsWhenItIsAskedFor() throws {
    let ahead = TrainingDataAhead(Numbers())
    _ = try ahead.pairs(epoch: 7, batch: 0)
    #expect(throws: Missing(batch: 1)) { try ahead.pairs(epoch: 7, batch: 1) }
    #expect(place(try ahead.pairs(epoch: 7, batch: 2)) == [7, 2])
  }
}
