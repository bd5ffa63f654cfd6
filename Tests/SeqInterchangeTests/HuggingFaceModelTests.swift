import Foundation
import SeqCheckpoints
import SeqDecoding
import SeqInterchange
import SeqModels
import SeqTensors
import Testing

/// Models of every family answer here what they answer in transformers.
@Suite struct HuggingFaceModelTests {
  @Test(arguments: HuggingFaceFixture.names)
  func logitsAgree(name: String) throws {
    let fixture = try HuggingFaceFixture(name)
    let model = try fixture.opened().model()
    let pairs = Array(fixture.pairs.prefix(4))
    let expected = try fixture.logits()
    let batch = TokenBatch(pairs, model.specialTokens)
    let found = model.logits(model.states(of: batch, in: Context(mode: .inference)))
    let columns = model.vocabularies.target
    for (index, expected) in expected.enumerated() {
      let rows = batch.targets.offsets[index]..<batch.targets.offsets[index + 1]
      let own = Array(found.values[rows.lowerBound * columns..<rows.upperBound * columns])
      try #require(own.count == expected.count)
      let largest = expected.map(abs).max() ?? 0
      let error = zip(own, expected).map { abs($0 - $1) }.max() ?? 0
      #expect(error <= 1e-4 * largest, "pair \(index): off by \(error), largest \(largest)")
    }
  }

  @Test(arguments: HuggingFaceFixture.names)
  func greedyAnswersAreEqual(name: String) throws {
    let fixture = try HuggingFaceFixture(name)
    let opened = try fixture.opened()
    var generation = opened.generation
    generation.beamSize = 1
    generation.repetitionPenalty = nil
    try expectEqual(
      try answers(opened.model(), generation, fixture.expected.sources), fixture.expected.greedy)
  }

  @Test(arguments: HuggingFaceFixture.names)
  func beamAnswersAreEqual(name: String) throws {
    let fixture = try HuggingFaceFixture(name)
    let opened = try fixture.opened()
    #expect(opened.generation.beamSize == 4)
    try expectEqual(
      try answers(opened.model(), opened.generation, fixture.expected.sources),
      fixture.expected.beam)
  }

  private func answers(
    _ model: any EncoderDecoder, _ generation: GenerationSettings, _ sources: [[Int32]]
  ) throws -> [[Int32]] {
    let translator = try Translator(
      model, options: generation.options, processors: generation.processors,
      pool: ComputePool(workerCount: 1, store: model.store), batchTokens: 64)
    return try translator(sources).map(\.best.tokens)
  }

  /// Those that were cut off without EOS too.
  private func expectEqual(_ found: [[Int32]], _ expected: [[Int32]]) throws {
    for (index, expected) in expected.enumerated() {
      let tokens = expected.last == -1 ? Array(expected.dropLast()) : expected
      #expect(found[index] == tokens, "source \(index)")
    }
  }

  @Test(arguments: HuggingFaceFixture.names)
  func writtenParametersAreThoseRead(name: String) throws {
    let opened = try HuggingFaceFixture(name).opened()
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(
      UUID().uuidString + ".safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    try opened.write(to: file.path)
    let model = try opened.model()
    let written = opened.configuration.model(vocabularies: opened.vocabularies)
    try written.store.load(from: SafetensorsFile(path: file.path))
    for (one, other) in zip(model.store.parameters, written.store.parameters) {
      #expect(one.values == other.values, "\(one.name)")
    }
  }
}
