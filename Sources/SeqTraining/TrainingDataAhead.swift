internal import Dispatch
package import SeqModels

/// Training data whose next batch is made while the one before is learned from.
///
/// Batches are the same, whatever is asked for; the last of an epoch has nothing made ahead of it, so
/// that no epoch is shuffled which may not come.
///
/// - Note: `@unchecked Sendable`: everything mutable is touched on the queue alone.
package final class TrainingDataAhead: TrainingData, @unchecked Sendable {
  private struct Place: Equatable {
    let epoch: Int
    let batch: Int
  }

  private let data: any TrainingData
  private let queue = DispatchQueue(label: "batches")
  private var ready: (place: Place, pairs: Result<[TokenBatch.Pair], any Error>)?

  /// Takes over `data`, which nobody else may use from now on.
  package init(_ data: any TrainingData) { self.data = data }

  package func batchCount(epoch: Int) throws -> Int {
    try queue.sync { try data.batchCount(epoch: epoch) }
  }

  package func lineNumbers(epoch: Int, batch: Int) throws -> [Int] {
    try queue.sync { try data.lineNumbers(epoch: epoch, batch: batch) }
  }

  package var decodeTarget: @Sendable ([Int32]) -> String { data.decodeTarget }

  package func pairs(epoch: Int, batch: Int) throws -> [TokenBatch.Pair] {
    // What is being made is waited for: the queue takes one thing after the other.
    let pairs = try queue.sync {
      defer { ready = nil }
      if let ready, ready.place == Place(epoch: epoch, batch: batch) {
        return try ready.pairs.get()
      }
      return try data.pairs(epoch: epoch, batch: batch)
    }
    queue.async { [self] in
      guard let count = try? data.batchCount(epoch: epoch), batch + 1 < count else { return }
      ready = (
        Place(epoch: epoch, batch: batch + 1),
        Result { try data.pairs(epoch: epoch, batch: batch + 1) }
      )
    }
    return pairs
  }
}
