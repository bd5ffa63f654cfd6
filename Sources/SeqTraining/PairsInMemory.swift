public import SeqModels
internal import SeqTensors

/// Training pairs held in memory: batches of a fixed number of sentences, shuffled every epoch.
public struct PairsInMemory: TrainingData, Sendable {
  public let pairs: [TokenBatch.Pair]
  public let batchSentences: Int
  public let seed: UInt64

  public init(_ pairs: [TokenBatch.Pair], batchSentences: Int, seed: UInt64 = 1) {
    self.pairs = pairs
    self.batchSentences = batchSentences
    self.seed = seed
  }

  public func batchCount(epoch: Int) -> Int {
    (pairs.count + batchSentences - 1) / batchSentences
  }

  public func pairs(epoch: Int, batch: Int) -> [TokenBatch.Pair] {
    indices(epoch: epoch, batch: batch).map { pairs[$0] }
  }

  public func lineNumbers(epoch: Int, batch: Int) -> [Int] {
    indices(epoch: epoch, batch: batch).map { $0 + 1 }
  }

  private func indices(epoch: Int, batch: Int) -> ArraySlice<Int> {
    var random = CountedRandom(seed, UInt64(epoch))
    let order = pairs.indices.shuffled(using: &random)
    let start = batch * batchSentences
    return order[start..<min(start + batchSentences, order.count)]
  }
}
