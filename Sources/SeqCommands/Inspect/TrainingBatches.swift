import Foundation
import SeqKit

/// The batches of a configuration, prepared in a temporary folder that goes with this object.
final class TrainingBatches {
  let data: any TrainingData
  let codec: TextCodec
  private let folder: URL

  init(_ configuration: RunConfiguration) throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("seq2seq-inspect-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      (data, codec) = try TrainingJob(configuration, output: folder).trainingData {
        if case .note(let text) = $0 { Console.note(text) }
      }
    } catch {
      try? FileManager.default.removeItem(at: folder)
      throw error
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Calls `body` with batch after batch from the beginning of an epoch, and into the next ones
  /// where the count asks for more.
  func forEach(
    epoch: Int, count: Int, _ body: (_ epoch: Int, _ batch: Int, [TokenBatch.Pair]) throws -> Void
  ) throws {
    var place = (epoch: epoch, batch: 0)
    var batchCount = try data.batchCount(epoch: epoch)
    for _ in 0..<count {
      if place.batch == batchCount {
        place = (place.epoch + 1, 0)
        batchCount = try data.batchCount(epoch: place.epoch)
      }
      try body(place.epoch, place.batch, try data.pairs(epoch: place.epoch, batch: place.batch))
      place.batch += 1
    }
  }
}
