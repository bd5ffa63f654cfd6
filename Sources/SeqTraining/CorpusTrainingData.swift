internal import Foundation
internal import SeqModels
internal import SeqTensors
internal import SeqText

/// A prepared corpus as a trainer takes it: batches of similar lengths in an order on disk.
final class CorpusTrainingData: TrainingData {
  private let corpus: PreparedCorpus
  private let schedule: BatchSchedule
  private let seed: UInt64
  private let directory: URL
  private var current: (epoch: Int, batches: EpochBatches)?

  init(_ corpus: PreparedCorpus, _ configuration: TrainingConfiguration, directory: URL) {
    self.corpus = corpus
    seed = configuration.seed
    self.directory = directory
    schedule = BatchSchedule(
      corpus: corpus, size: configuration.batchSize, seed: configuration.seed, directory: directory)
  }

  func batchCount(epoch: Int) throws -> Int { try batches(of: epoch).count }

  func pairs(epoch: Int, batch: Int) throws -> [TokenBatch.Pair] {
    // Pairs lie anywhere, and the system maps much around each: soon that would be the whole file.
    defer { corpus.releaseMemory() }
    return try batches(of: epoch)[batch].pairs.map { index in
      // The same pair is cut differently in every epoch.
      let key = CountedRandom.hash([seed, UInt64(epoch), UInt64(index)])
      let (source, target) = corpus.sampled(at: index, key: key)
      var (sourceIDs, targetIDs) = (
        0..<Int32(corpus.codec.sourceVocabularySize),
        0...Int32(corpus.codec.targetVocabularySize) - 1
      )
      if corpus.codec.numbersUnknownWords {
        // No source has more words of its own than tokens, and a target has none but those.
        sourceIDs = 0..<sourceIDs.upperBound + Int32(source.count)
        targetIDs = 0...max(targetIDs.upperBound, source.max() ?? 0)
      }
      guard source.allSatisfy(sourceIDs.contains), target.allSatisfy(targetIDs.contains) else {
        throw TrainingError.damaged(
          path: directory.appendingPathComponent("train.corpus").path,
          reason: "it holds ids that are not in the vocabulary",
          hint: "delete it: going on with --resume makes it anew")
      }
      let words = corpus.links(at: index)
      return TokenBatch.Pair(
        source: source, target: target,
        links: words.isEmpty
          ? [] : corpus.codec.tokenLinks(of: words, source: source, target: target))
    }
  }

  func lineNumbers(epoch: Int, batch: Int) throws -> [Int] {
    try batches(of: epoch)[batch].pairs.map { corpus.lineNumber(at: $0) }
  }

  var decodeTarget: @Sendable ([Int32]) -> String {
    let codec = corpus.codec
    return { codec.decodeTarget($0) }
  }

  private func batches(of epoch: Int) throws -> EpochBatches {
    if let current, current.epoch == epoch { return current.batches }
    // The schedule keeps one epoch's file: asked for another, the first is made again.
    let batches = try schedule.batches(inEpoch: epoch)
    current = (epoch, batches)
    return batches
  }
}
