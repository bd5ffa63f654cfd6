public import SeqModels

/// Where training pairs come from, batch by batch, in an order that the epoch decides.
///
/// A batch is found by its epoch and number alone, so a resumed run goes on exactly where it was.
public protocol TrainingData {
  /// How many batches an epoch has.
  func batchCount(epoch: Int) throws -> Int
  /// The pairs of a batch.
  func pairs(epoch: Int, batch: Int) throws -> [TokenBatch.Pair]
  /// Where the pairs of a batch stand in the corpus: line numbers, for messages.
  func lineNumbers(epoch: Int, batch: Int) throws -> [Int]
  /// Makes text of target ids, for regimes that measure it.
  var decodeTarget: @Sendable ([Int32]) -> String { get }
}

extension TrainingData {
  /// The ids as words: a text that metrics can be taken of where there is no other.
  public var decodeTarget: @Sendable ([Int32]) -> String {
    { $0.map(String.init).joined(separator: " ") }
  }
}
