import Foundation
import SeqCheckpoints
import SeqInterchange
import SeqModels
import SeqText
import Testing

/// What came from transformers leaves as it came; what was made here leaves where a family fits.
@Suite struct HuggingFaceExportTests {
  private func withFolders(_ body: (_ model: URL, _ output: URL) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    let (model, output) = (root.appendingPathComponent("model"), root.appendingPathComponent("out"))
    for folder in [model, output] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    defer { try? FileManager.default.removeItem(at: root) }
    try body(model, output)
  }

  @Test(arguments: HuggingFaceFixture.names)
  func leavesAsItCame(name: String) throws {
    let fixture = try HuggingFaceFixture(name)
    try withFolders { model, output in
      let opened = try fixture.opened()
      try opened.write(to: model, codec: .letters(count: opened.vocabularies.target))
      let export = try HuggingFaceExport(model: model)
      #expect(export.family == opened.family)
      try export.write(to: output)
      for file in ["config.json", "generation_config.json"] {
        #expect(
          try Data(contentsOf: output.appendingPathComponent(file))
            == Data(contentsOf: fixture.directory.appendingPathComponent(file)))
      }
      let written = try SafetensorsFile(
        path: output.appendingPathComponent("model.safetensors").path)
      let shards = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path)
        .filter { $0.hasPrefix("model") && $0.hasSuffix(".safetensors") }
      var count = 0
      for shard in shards {
        let original = try SafetensorsFile(
          path: fixture.directory.appendingPathComponent(shard).path)
        for entry in original.entries {
          let other = try written.entry(entry.name)
          #expect(other.shape == entry.shape && other.elementType == entry.elementType)
          let isEqual = original.withBytes(of: entry) { one in
            written.withBytes(of: other) { one.elementsEqual($0) }
          }
          #expect(isEqual, "\(entry.name)")
          count += 1
        }
      }
      #expect(written.entries.count == count)
    }
  }

  /// Options of a model that was made here, and the family that they fit.
  private static let fitting:
    [(HuggingFaceFamily, @Sendable (inout TransformerConfiguration) -> Void)] = [
      (.marian, { $0.norm = .post }),
      (.marian, { ($0.norm, $0.positions, $0.tying) = (.post, .learned, .none) }),
      (.marian, { ($0.norm, $0.positions, $0.tying) = (.post, .paperSinusoidal, .target) }),
      (.pegasus, { _ in }),
      (.pegasus, { ($0.positions, $0.tying, $0.outputBias) = (.learned, .embeddings, true) }),
      (
        .bart,
        {
          ($0.norm, $0.positions) = (.post, .learned)
          $0.conventions.embeddingNorm = true
        }
      ),
      (
        .mbart,
        {
          ($0.positions, $0.conventions.embeddingNorm) = (.learned, true)
          $0.conventions.positionOffset = 2
        }
      ),
      (
        .t5,
        {
          ($0.positions, $0.normType, $0.activation) = (.t5, .rms, .gegluTanh)
          ($0.headSize, $0.tying) = (10, .embeddings)
          $0.conventions = TransformerConventions(
            scaledEmbeddings: false, scaledAttention: false, linearBias: false, normEpsilon: 1e-6)
        }
      ),
    ]

  private static let sizes = TransformerConfiguration(
    encoderLayerCount: 2, decoderLayerCount: 1, embeddingSize: 16, feedForwardSize: 24,
    headCount: 2, maxPositions: 12)

  @Test(arguments: fitting.indices)
  func leavesInTheFormThatFits(index: Int) throws {
    let (family, change) = Self.fitting[index]
    var configuration = Self.sizes
    change(&configuration)
    let own = Transformer(
      configuration, vocabularies: VocabularySizes(source: 30, target: 30), seed: 3)
    try withFolders { folder, output in
      try ModelDirectory.describe(own, .letters(count: 30), in: folder)
      try own.store.save(to: folder.appendingPathComponent("model.safetensors").path)
      let export = try HuggingFaceExport(model: folder)
      #expect(export.family == family)
      try export.write(to: output)
      // Read again it is the same model.
      let again = try HuggingFaceModel(directory: output, unknown: 3)
      #expect(again.vocabularies == own.vocabularies)
      let pairs = [
        TokenBatch.Pair(source: [5, 6, 7, 2], target: [9, 8]),
        TokenBatch.Pair(source: [4, 2], target: [4, 5, 6, 7, 8]),
      ]
      let models: [any EncoderDecoder] = [own, try again.model()]
      let logits = models.map { model in
        let batch = TokenBatch(pairs, model.specialTokens)
        return model.logits(model.states(of: batch, in: .init(mode: .inference))).values
      }
      let error = zip(logits[0], logits[1]).map { abs($0 - $1) }.max() ?? 1
      #expect(error < 1e-5, "logits differ by \(error)")
    }
  }

  @Test func optionsInTheWayAreNamed() throws {
    var configuration = Self.sizes
    configuration.normType = .rms
    configuration.activation = .swiglu
    let own = Transformer(
      configuration, vocabularies: VocabularySizes(source: 30, target: 30), seed: 3)
    try withFolders { folder, _ in
      try ModelDirectory.describe(own, .letters(count: 30), in: folder)
      try own.store.save(to: folder.appendingPathComponent("model.safetensors").path)
      let error = #expect(throws: InterchangeError.self) { try HuggingFaceExport(model: folder) }
      #expect(error?.found.contains("norm_type (rms)") == true, "\(error?.found ?? "")")
      #expect(error?.found.contains("activation (swiglu)") == true)
      let marian = #expect(throws: InterchangeError.self) {
        try HuggingFaceExport(model: folder, family: .marian)
      }
      #expect(marian?.found.contains("norm (pre, its own is post)") == true)
    }
  }
}
