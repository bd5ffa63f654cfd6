import Foundation
import SeqCheckpoints
import SeqInterchange
import SeqModels
import Testing

/// A small model that transformers wrote, and what it answered there
/// (`Scripts/goldens/hugging_face.py`).
struct HuggingFaceFixture {
  static let names = [
    "marian", "marian-separate", "bart", "mbart", "pegasus", "t5", "t5-v1.1",
  ]

  struct Expected: Decodable {
    let sources: [[Int32]]
    let targets: [[Int32]]
    /// −1 at the end says that no EOS came.
    let greedy: [[Int32]]
    let beam: [[Int32]]
  }

  let directory: URL
  let expected: Expected
  private let tensors: SafetensorsFile

  init(_ name: String) throws {
    directory = try #require(
      Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
    expected = try JSONDecoder().decode(
      Expected.self,
      from: Data(contentsOf: directory.appendingPathComponent("expected.json")))
    tensors = try SafetensorsFile(
      path: directory.appendingPathComponent("expected.safetensors").path)
  }

  func opened() throws -> HuggingFaceModel {
    try HuggingFaceModel(directory: directory, unknown: 3)
  }

  /// Logits by pair, `[target and EOS, vocabulary]`.
  func logits() throws -> [[Float]] {
    try (0..<4).map { try tensors.floats(of: tensors.entry("logits/\($0)")) }
  }

  /// Pairs of the batch.
  var pairs: [TokenBatch.Pair] {
    zip(expected.sources, expected.targets).map { TokenBatch.Pair(source: $0, target: $1) }
  }

  /// A copy of the folder that may be damaged, removed when `body` is done.
  func withCopy(_ body: (URL) throws -> Void) throws {
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.copyItem(at: directory, to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    try body(copy)
  }
}
