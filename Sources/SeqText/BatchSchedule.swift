public import Foundation

/// Which pairs make up which batch of which epoch: a function of the pairs' lengths, the seed and
/// the sizes, wherever the corpus lies.
///
/// Every epoch goes through the corpus in another random order. Windows of that order are sorted
/// by target length, then source length, cut into batches, and the batches shuffled; what does not
/// fill a batch moves to the next window, so only one batch of an epoch may be small. An epoch's
/// batches are written to a file and mapped: memory is that of one window.
public struct BatchSchedule: Sendable {
  /// What the pairs' positions refer to.
  public let corpus: PreparedCorpus
  /// How much goes into a batch.
  public let size: BatchSize
  /// What the order depends on beside the lengths and the sizes.
  public let seed: UInt64
  /// Pairs sorted together.
  ///
  /// Larger windows make lengths in a batch more alike, smaller ones mix
  /// the pairs better.
  public let windowSize: Int
  private let file: URL

  /// A schedule over a corpus; nothing is computed yet.
  ///
  /// - Parameters:
  ///   - corpus: what the pairs' lengths are taken from.
  ///   - size: how much goes into a batch.
  ///   - seed: what the order depends on, beside the corpus and the sizes.
  ///   - directory: the run's folder, where the current epoch's batches are kept.
  ///   - windowSize: the pairs sorted together.
  /// - Precondition: the batch and window sizes are positive.
  public init(
    corpus: PreparedCorpus, size: BatchSize, seed: UInt64, directory: URL,
    windowSize: Int = 16_384
  ) {
    switch size {
    case .targetTokens(let limit, _), .sentences(let limit):
      guard limit > 0 && windowSize > 0 else {
        fatalError("batch schedule: size \(limit), window \(windowSize), not both positive")
      }
    }
    self.corpus = corpus
    self.size = size
    self.seed = seed
    self.windowSize = windowSize
    file = directory.appendingPathComponent("train.batches")
  }

  /// The batches of an epoch, from the run's folder when they are there already.
  ///
  /// - Throws: ``TextError`` when the file cannot be written.
  public func batches(inEpoch epoch: Int) throws(TextError) -> EpochBatches {
    let identity = identity(ofEpoch: epoch)
    if let batches = try EpochBatches(
      file: file, identity: identity, epoch: epoch, corpus: corpus)
    {
      return batches
    }
    try write(epoch: epoch, identity: identity)
    guard
      let batches = try EpochBatches(file: file, identity: identity, epoch: epoch, corpus: corpus)
    else { throw TextError(.inputOutput, file: file.path, found: "cannot be read back") }
    return batches
  }

  /// The number of batches in an epoch.
  public func batchCount(inEpoch epoch: Int) throws(TextError) -> Int {
    try batches(inEpoch: epoch).count
  }

  /// A cursor that hands out the batches from a position on.
  public func cursor(at position: BatchPosition = BatchPosition()) -> BatchCursor {
    BatchCursor(schedule: self, position: position)
  }

  private func write(epoch: Int, identity: UInt64) throws(TextError) {
    let draws = CountedDraws(key: CountedDraws(key: seed).derivedKey(UInt64(epoch)))
    let order = IndexPermutation(count: corpus.count, key: draws.derivedKey(0))
    var writer = try EpochBatchesWriter(file: file, identity: identity)
    var waiting: [Int] = []
    var windowStart = 0
    while windowStart < corpus.count {
      let windowEnd = min(windowStart + windowSize, corpus.count)
      let window = sortedByLength(waiting + (windowStart..<windowEnd).map { order[$0] })
      var cuts = size.cuts(
        lengths: window.lazy.map {
          (source: corpus.sourceLength(at: $0), labels: corpus.targetLength(at: $0) + 1)
        })
      waiting = []
      if windowEnd < corpus.count, let last = cuts.popLast() { waiting = Array(window[last...]) }
      let ends = cuts.dropFirst() + [window.count - waiting.count]
      var batches = zip(cuts, ends).map { $0..<$1 }
      // Fisher–Yates.
      let shuffling = CountedDraws(key: draws.derivedKey(1 + UInt64(windowStart)))
      for index in batches.indices.dropFirst().reversed() {
        batches.swapAt(index, shuffling.integer(below: index + 1, at: UInt64(index)))
      }
      for batch in batches { try writer.append(window[batch]) }
      windowStart = windowEnd
      corpus.releaseMemory()
    }
    try writer.finish()
  }

  /// Ascending lengths; equal ones keep their random order.
  private func sortedByLength(_ pairs: [Int]) -> [Int] {
    let keys = pairs.map { corpus.targetLength(at: $0) << 32 | corpus.sourceLength(at: $0) }
    return pairs.indices
      .sorted { (keys[$0], $0) < (keys[$1], $1) }
      .map { pairs[$0] }
  }

  /// A hash of everything the file of an epoch's batches depends on.
  private func identity(ofEpoch epoch: Int) -> UInt64 {
    var hash = FingerprintHasher()
    hash.add(corpus.fingerprint)
    switch size {
    case .targetTokens(let limit, let sourceLimit):
      hash.add([0] + Array("\(limit)".utf8))
      if let sourceLimit { hash.add([2] + Array("\(sourceLimit)".utf8)) }
    case .sentences(let limit): hash.add([1] + Array("\(limit)".utf8))
    }
    for number in [seed, UInt64(epoch), UInt64(windowSize)] { hash.add(number) }
    return hash.value
  }
}
