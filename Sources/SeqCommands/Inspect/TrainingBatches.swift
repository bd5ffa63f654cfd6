import Foundation
import SeqKit

/// The batches of a configuration, prepared in a temporary folder that goes with this object.
final class TrainingBatches {
  let data: any TrainingData
  let codec: TextCodec
  private let folder: URL

  /// From now on the first signal ends what is prepared or shown; the folder goes then too.
  ///
  /// - Throws: ``TextError``, of kind ``TextError/Kind/interrupted`` after a signal.
  init(_ configuration: RunConfiguration) throws {
    InterruptSignal.install()
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("seq2seq-inspect-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      (data, codec) = try TrainingJob(configuration, output: folder).trainingData(
        isInterrupted: { InterruptSignal.received != nil },
        observe: { if case .note(let text) = $0 { Console.note(text) } })
    } catch {
      try? FileManager.default.removeItem(at: folder)
      throw error
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Calls `body` with batch after batch from the beginning of an epoch, and into the next ones
  /// where the count asks for more.
  ///
  /// - Throws: ``TextError``, of kind ``TextError/Kind/interrupted`` after a signal, and what `body`
  ///   throws.
  func forEach(
    epoch: Int, count: Int, _ body: (_ epoch: Int, _ batch: Int, [TokenBatch.Pair]) throws -> Void
  ) throws {
    // A signal that comes while a file is written would end the process and leave the folder.
    InterruptSignal.install()
    var place = (epoch: epoch, batch: 0)
    var batchCount = try data.batchCount(epoch: epoch)
    for _ in 0..<count {
      guard InterruptSignal.received == nil else {
        throw TextError(.interrupted, found: "showing batches was interrupted")
      }
      if place.batch == batchCount {
        place = (place.epoch + 1, 0)
        batchCount = try data.batchCount(epoch: place.epoch)
      }
      try body(place.epoch, place.batch, try data.pairs(epoch: place.epoch, batch: place.batch))
      place.batch += 1
    }
  }
}
