import Foundation
import SeqDecoding
import SeqInterchange
import SeqModels
import SeqTensors
import SeqText
import Testing

/// ONNX Runtime answers what models answer here, by `Scripts/compare_onnx.py`.
@Suite struct ONNXRuntimeTests {
  /// What `Scripts/peers/setup.sh` makes.
  private static let python = FileManager.default.homeDirectoryForCurrentUser
    .appendingPathComponent(".cache/swift-seq2seq/peers/bin/python")

  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Scripts/compare_onnx.py")

  /// Whether the peers are there, ONNX Runtime among them.
  private static let hasPeers: Bool =
    FileManager.default.isExecutableFile(atPath: python.path)
    && (try? run(["-c", "import onnx, onnxruntime"]))?.status == 0

  private static func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = python
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  /// What the script reads of a model.
  private struct Expected: Encodable {
    let sources: [[Int32]]
    let targets: [[Int32]]
    let log_probabilities: [[Float]]
    let greedy: [[Int32]]
    let maximum_length: Int
  }

  private func expected(
    _ model: any EncoderDecoder, _ sources: [[Int32]], _ targets: [[Int32]]
  ) throws -> Expected {
    let pool = ComputePool(workerCount: 1, store: model.store)
    let translator = try Translator(
      model, options: SearchOptions(beamSize: 1, maximumLength: 14), pool: pool)
    return Expected(
      sources: sources, targets: targets,
      log_probabilities: try Scorer(model, pool: pool)(
        zip(sources, targets).map { TokenBatch.Pair(source: $0, target: $1) }),
      greedy: try translator(sources).map(\.best.tokens), maximum_length: 14)
  }

  private func expected(_ model: any EncoderDecoder) throws -> Expected {
    // Models that copy read words beyond the vocabulary too.
    let word: Int32 = model.configuration.copying == nil ? 5 : 21
    let sources: [[Int32]] = [
      [5, 6, 7, 2], [4, 2], [8, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 2], [2],
      [19, 4, 19, 4, word, 2], [13, 12, 11, 10, 9, 8, 7, 6, 2],
    ]
    let targets: [[Int32]] = [
      [9, 8], [4, 5, 6, 7, 8, 9, 10, 11, 12], [], [13], [7, 7, 7, 7, 7], [18, 4, 6, 10],
    ]
    return try expected(model, sources, targets)
  }

  @Test(
    "ONNX Runtime gives the same log-probabilities and greedy answers, whatever the padding",
    .enabled(if: hasPeers, "no peers: run Scripts/peers/setup.sh"))
  func answersAreTheSame() throws {
    try ONNXFixture.withFolder { root in
      var folders: [String] = []
      for (name, _) in ONNXFixture.configurations {
        let folder = root.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let directory = ONNXFixture.directory(name)
        // Some with numbers in a second file.
        try ONNXExport(directory, path: name).write(
          to: folder, sizeLimit: folders.count % 4 == 1 ? 1000 : 1_500_000_000)
        try JSONEncoder().encode(expected(directory.model)).write(
          to: folder.appendingPathComponent("expected.json"))
        folders.append(folder.path)
      }
      // Models that came from transformers, with ids and halves of their own.
      for name in HuggingFaceFixture.names {
        let fixture = try HuggingFaceFixture(name)
        let model = try fixture.opened().model()
        let folder = root.appendingPathComponent(name + "-imported")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let directory = ModelDirectory(
          model: model, codec: .letters(count: model.vocabularies.target))
        try ONNXExport(directory, path: name).write(to: folder)
        try JSONEncoder().encode(
          expected(model, fixture.expected.sources, fixture.expected.targets)
        ).write(to: folder.appendingPathComponent("expected.json"))
        folders.append(folder.path)
      }
      let (status, text) = try Self.run([Self.script.path, "--expected"] + folders)
      #expect(status == 0, "\(text)")
    }
  }
}
