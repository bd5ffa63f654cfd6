/// Pairs that are learned from together.
public struct Batch: Hashable, Sendable {
  /// Positions in the corpus.
  public var pairs: [Int]
  /// Labels: target ids with one EOS a pair.
  public var labelCount: Int
  /// Where the batch stands in its schedule.
  public var position: BatchPosition
  /// Whether the next batch belongs to another epoch.
  public var isLastInEpoch: Bool
}

/// A place in a schedule; epochs and the batches of an epoch count from 0.
public struct BatchPosition: Codable, Hashable, Sendable {
  /// Passes through the corpus before this one.
  public var epoch: Int
  /// Batches of the epoch before this one.
  public var batch: Int

  /// A place; the default is the very beginning.
  public init(epoch: Int = 0, batch: Int = 0) {
    self.epoch = epoch
    self.batch = batch
  }
}

/// How much goes into a batch.
public enum BatchSize: Codable, Hashable, Sendable {
  /// At most so many labels (target ids and one EOS a pair), and at most so many source ids if
  /// there is a limit; a single longer pair makes a batch.
  case targetTokens(Int, sourceLimit: Int? = nil)
  /// So many pairs.
  case sentences(Int)

  /// Cuts pairs, in their order, into batches that are as full as they can be.
  ///
  /// - Parameter lengths: the source ids and the labels of each pair.
  /// - Returns: where each batch begins.
  func cuts(lengths: some Sequence<(source: Int, labels: Int)>) -> [Int] {
    var cuts: [Int] = []
    var sums = (source: 0, labels: 0)
    for (position, pair) in lengths.enumerated() {
      let isFull =
        switch self {
        case .targetTokens(let limit, let sourceLimit):
          sums.labels + pair.labels > limit
            || sourceLimit.map { sums.source + pair.source > $0 } ?? false
        case .sentences(let limit): cuts.last.map { position - $0 >= limit } ?? true
        }
      if cuts.isEmpty || isFull {
        cuts.append(position)
        sums = (0, 0)
      }
      sums.source += pair.source
      sums.labels += pair.labels
    }
    return cuts
  }
}
