import Foundation

// The file: four 64-bit words (magic, identity, pairs, batches), the pairs' positions in 32 bits
// each, zeros to 8 bytes, then where each batch begins among them, and where the last one ends.
private let magic: UInt64 = 0x3148_4354_4142_5153  // "SQBATCH1" in little-endian order
private let headerSize = 32

/// The batches of one epoch, in a memory-mapped file.
public struct EpochBatches: RandomAccessCollection, Sendable {
  /// Counted from 0.
  public let epoch: Int
  private let corpus: PreparedCorpus
  private let map: MemoryMap
  private let pairCount: Int
  private let batchCount: Int
  private let startsOffset: Int

  /// Opens the file; nil when there is none, or it is of another epoch or schedule.
  init?(file: URL, identity: UInt64, epoch: Int, corpus: PreparedCorpus) throws(TextError) {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    map = try MemoryMap(file: file)
    guard map.bytes.count >= headerSize else { return nil }
    let words = map.values(UInt64.self, at: 0, count: 4)
    guard words[0] == magic, words[1] == identity, words[2] == corpus.count,
      words[3] <= corpus.count
    else { return nil }
    pairCount = corpus.count
    batchCount = Int(words[3])
    startsOffset = (headerSize + 4 * pairCount + 7) / 8 * 8
    guard startsOffset + 8 * (batchCount + 1) == map.bytes.count else { return nil }
    self.epoch = epoch
    self.corpus = corpus
    let starts = map.values(UInt64.self, at: startsOffset, count: batchCount + 1)
    let positions = map.values(UInt32.self, at: headerSize, count: pairCount)
    guard starts.first == 0, starts.last == UInt64(pairCount),
      zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }),
      positions.allSatisfy({ $0 < UInt32(truncatingIfNeeded: pairCount) })
    else { return nil }
  }

  /// The first batch's index, 0.
  public var startIndex: Int { 0 }
  /// The number of batches.
  public var endIndex: Int { batchCount }

  /// The batch at an index; its pairs are copied out of the map.
  public subscript(index: Int) -> Batch {
    guard index >= 0 && index < batchCount else {
      fatalError("epoch: batch \(index), \(batchCount) batches")
    }
    let starts = map.values(UInt64.self, at: startsOffset, count: batchCount + 1)
    let pairs = map.values(UInt32.self, at: headerSize, count: pairCount)[
      Int(starts[index])..<Int(starts[index + 1])
    ].map { Int($0) }
    return Batch(
      pairs: pairs, labelCount: pairs.reduce(0) { $0 + corpus.targetLength(at: $1) + 1 },
      position: BatchPosition(epoch: epoch, batch: index), isLastInEpoch: index == batchCount - 1)
  }
}

/// Writes an epoch's batches one by one; their beginnings gather in a second file meanwhile.
struct EpochBatchesWriter {
  private let pairs: AtomicFile
  private let starts: AtomicFile
  private let identity: UInt64
  private var pairCount = 0
  private var batchCount = 0

  init(file: URL, identity: UInt64) throws(TextError) {
    pairs = try AtomicFile(destination: file)
    starts = try AtomicFile(destination: file.appendingPathExtension("starts"))
    self.identity = identity
    try pairs.append([UInt64](repeating: 0, count: headerSize / 8))
  }

  mutating func append(_ batch: some Collection<Int>) throws(TextError) {
    try starts.append([UInt64(pairCount)])
    try pairs.append(batch.map { UInt32($0) })
    pairCount += batch.count
    batchCount += 1
  }

  mutating func finish() throws(TextError) {
    try pairs.pad(to: 8)
    try starts.append([UInt64(pairCount)])
    try pairs.append(contentsOf: starts)
    let words = [magic, identity, UInt64(pairCount), UInt64(batchCount)]
    try pairs.overwriteStart(with: words.withUnsafeBytes { Array($0) })
    try pairs.commit()
  }
}
