import Foundation
import SeqKit

/// What features count, as a JSON object of names and numbers.
struct WeightFile {
  let weights: [String: Double]

  init(weights: [String: Double]) { self.weights = weights }

  /// Reads a file.
  ///
  /// - Throws: ``TextError`` when it is missing or holds anything else.
  init(path: String) throws {
    let reader = try LineReader(path: path)
    var bytes: [UInt8] = []
    while let line = try reader.next() { bytes += line + [0x0A] }
    do {
      weights = try JSONDecoder().decode([String: Double].self, from: Data(bytes))
    } catch is DecodingError {
      throw TextError(
        .badData, file: path, found: "no object of names and numbers",
        expected: #"weights such as {"score": 1, "length": 0.2}"#)
    }
    guard !weights.isEmpty else {
      throw TextError(.badData, file: path, found: "no weights", expected: "at least one")
    }
  }

  /// Creates or replaces a file.
  ///
  /// - Throws: ``CheckpointError`` when that fails; an old file is then intact.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(weights), as: UTF8.self) + "\n"
    try withOutput(path) { write in try write(text) }
  }
}
