public import SeqModels
internal import SeqTensors

/// Training pairs held in memory: batches of a fixed number of sentences, shuffled every epoch.
public struct PairsInMemory: TrainingData, Sendable {
  /// All of them, in the order in which lines are numbered.
  public let pairs: [TokenBatch.Pair]
  /// Pairs a batch; an epoch's last may have fewer.
  public let batchSentences: Int
  /// What every epoch's order is drawn from, beside its number.
  public let seed: UInt64

  /// Keeps the pairs as they are, in memory.
  public init(_ pairs: [TokenBatch.Pair], batchSentences: Int, seed: UInt64 = 1) {
    self.pairs = pairs
    self.batchSentences = batchSentences
    self.seed = seed
  }

  /// How many batches an epoch has; every one as many.
  public func batchCount(epoch: Int) -> Int {
    (pairs.count + batchSentences - 1) / batchSentences
  }

  /// The pairs of a batch, in the epoch's order.
  public func pairs(epoch: Int, batch: Int) -> [TokenBatch.Pair] {
    indices(epoch: epoch, batch: batch).map { pairs[$0] }
  }

  /// Where the pairs of a batch stand in ``pairs``, counted from 1.
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
