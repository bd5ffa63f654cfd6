import Foundation
import SeqKit
import Testing

/// A model that has learned enough for different sentences to get different translations; made
/// once for all tests.
enum ToyModel {
  /// Its directory.
  static func path() throws -> String { try made.get().folder["model"] }

  /// Whitespace tokens, so that a translation's text has the tokens it was made of.
  private static let made: Result<ToyRun, any Error> = Result {
    let toy = try ToyRun()
    let outcome = try toy.train(
      "model",
      [
        "--set", "tokenizer={ type: whitespace }", "--set", "training.max_steps=300",
        "--set", "training.average_last=1", "--set", "training.checkpoint_every_steps=1000",
        "--set", "validation.every_epochs=1000", "--set", "training.report_every_steps=100",
      ])
    try #require(outcome.status == 0, "\(outcome.errors)")
    // Nothing else ends what a static property holds.
    atexit {
      if case .success(let toy) = ToyModel.made {
        try? FileManager.default.removeItem(atPath: toy.folder.path)
      }
    }
    return toy
  }

  /// Sentences of different lengths, some twice.
  static let sentences: [String] = ToyRun.pairs(60, seed: 9).map(\.source) + ["a b", "a b", "j"]
}
