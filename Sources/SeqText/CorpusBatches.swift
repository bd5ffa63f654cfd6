/// Every pair of a corpus once, in batches, always the same: for validation and scoring.
///
/// Memory is four bytes a pair when pairs are sorted, and eight a batch.
public struct CorpusBatches: RandomAccessCollection, Sendable {
  /// The order pairs are taken in.
  public enum Order: Hashable, Sendable {
    /// As in the corpus.
    case corpus
    /// Short targets first, then short sources; pairs of equal lengths as in the corpus.
    case length
  }

  /// What the pairs' positions refer to.
  public let corpus: PreparedCorpus
  /// Nil: the corpus's own order.
  private let order: [UInt32]?
  private let starts: [Int]

  /// Divides a corpus into batches.
  public init(_ corpus: PreparedCorpus, size: BatchSize, order: Order = .length) {
    self.corpus = corpus
    var sorted: [UInt32]?
    if order == .length {
      sorted = (0..<UInt32(corpus.count)).sorted { a, b in
        let (first, second) = (Int(a), Int(b))
        return (corpus.targetLength(at: first), corpus.sourceLength(at: first), a)
          < (corpus.targetLength(at: second), corpus.sourceLength(at: second), b)
      }
    }
    self.order = sorted
    starts = size.cuts(
      lengths: (0..<corpus.count).lazy.map { [sorted] index in
        let position = sorted.map { Int($0[index]) } ?? index
        return (
          source: corpus.sourceLength(at: position), labels: corpus.targetLength(at: position) + 1
        )
      })
  }

  /// The first batch's index, 0.
  public var startIndex: Int { 0 }
  /// The number of batches.
  public var endIndex: Int { starts.count }

  /// The batch at an index.
  public subscript(index: Int) -> Batch {
    let end = index + 1 < starts.count ? starts[index + 1] : corpus.count
    let pairs = (starts[index]..<end).map { position in order.map { Int($0[position]) } ?? position
    }
    return Batch(
      pairs: pairs, labelCount: pairs.reduce(0) { $0 + corpus.targetLength(at: $1) + 1 },
      position: BatchPosition(batch: index), isLastInEpoch: index == starts.count - 1)
  }
}
