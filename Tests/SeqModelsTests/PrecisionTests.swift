import Foundation
import SeqCheckpoints
import SeqDecoding
import SeqKernels
import SeqModels
import SeqTensors
import SeqText
import SeqTestSupport
import Testing

/// Models in fewer bits.
@Suite struct PrecisionTests {
  private static let models: [any EncoderDecoder] =
    [Variant.all[0], Variant.all[4], Variant.all[8], Variant.relative[2]].map { $0.model(seed: 5) }
    + [RecurrentVariant.all[2], RecurrentVariant.mixed[0]].map { $0.model(seed: 5) }
    + [Variant.long[1], Variant.long[2], Variant.long[4], Variant.documents[0]].map {
      $0.model(seed: 5)
    }

  /// A file of its own that goes at the end.
  private func withFile<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "precision-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  /// The same network with no values yet.
  private func blank(_ model: any EncoderDecoder) -> any EncoderDecoder {
    model.configuration.model(vocabularies: model.vocabularies, seed: 77)
  }

  private func search(
    _ model: any EncoderDecoder, _ precision: Precision?, workerCount: Int = 1
  ) throws -> [SearchResult] {
    let sources = model.randomSentences(
      count: 24, lengths: 1...14, endToken: SpecialTokens.standard.end, seed: 6)
    return try Translator(
      model, options: SearchOptions(beamSize: 3, maximumLength: 14),
      pool: ComputePool(workerCount: workerCount, store: model.store, precision: precision),
      batchTokens: 100)(sources)
  }

  @Test(arguments: models.indices, [Precision.bfloat16, .int8])
  func aRoundedFileIsTheModelRounded(model index: Int, precision: Precision) throws {
    let model = Self.models[index]
    try withFile { path in
      try model.store.save(to: path, precision: precision)
      let stored = blank(model)
      try stored.store.adopt(SafetensorsFile(path: path))
      #expect(stored.store.storedPrecision == precision)
      // A recurrent layer multiplies some of its matrices as float32, and parts of others.
      if index < 3 {
        #expect(try search(stored, nil) == search(model, precision))
      }
      let loaded = blank(model)
      try loaded.store.load(from: SafetensorsFile(path: path))
      #expect(loaded.store.storedPrecision == .float32)
      for parameter in model.store.parameters {
        var expected = parameter.values
        if !parameter.keepsPrecision {
          Kernels.round(
            &expected, rows: parameter.shape.rows, columns: parameter.shape.columns, to: precision)
        }
        #expect(stored.store[parameter.name]?.values == expected, "\(parameter.name)")
        #expect(loaded.store[parameter.name]?.values == expected, "\(parameter.name)")
      }
    }
  }

  @Test(arguments: models.indices) func floatsAreReadWhereTheyAre(model index: Int) throws {
    let model = Self.models[index]
    try withFile { path in
      try model.store.save(to: path)
      let bytes = FileManager.default.contents(atPath: path)
      let stored = blank(model)
      try stored.store.adopt(SafetensorsFile(path: path))
      #expect(try search(stored, nil) == search(model, nil))
      // Writing changes this copy alone.
      for parameter in stored.store.parameters {
        parameter.assign(parameter.values.map { $0 + 1 })
      }
      #expect(stored.store.parameters[0].values != model.store.parameters[0].values)
      #expect(FileManager.default.contents(atPath: path) == bytes)
    }
  }

  /// Rounded searches depend on nothing either, and find nearly what unrounded ones do.
  @Test(arguments: models.indices, Precision.allCases)
  func workersChangeNothing(model index: Int, precision: Precision) throws {
    let one = try search(Self.models[index], precision)
    for count in [2, 3, 40] {
      let several = try search(Self.models[index], precision, workerCount: count)
      #expect(several.map(\.best.tokens) == one.map(\.best.tokens))
    }
    let exact = try search(Self.models[index], .float32)
    let same = zip(one, exact).count { $0.best.tokens == $1.best.tokens }
    #expect(same >= (precision == .float32 ? 24 : 12), "\(same) of 24 as in float32")
  }

  @Test func theFileOfABaseModelIsAQuarter() {
    // Sizes alone: OPUS-MT's base model.
    let model = Transformer(
      TransformerConfiguration(), vocabularies: VocabularySizes(source: 58_101, target: 58_101))
    let (matrices, others) = model.store.parameters.reduce((0, 0)) { sum, parameter in
      parameter.keepsPrecision
        ? (sum.0, sum.1 + parameter.shape.count)
        : (sum.0 + parameter.shape.count, sum.1 + parameter.shape.rows)
    }
    #expect(Double(matrices + 4 * others) < 0.255 * Double(4 * model.store.valueCount))
  }

  @Test func whatCannotBeRoundedIsRefused() throws {
    let model = Variant.all[0].model(seed: 5)
    func refusal(_ change: (String, [Int]) -> SafetensorsFile.Declaration?) throws -> String {
      try withFile { path in
        var declarations: [SafetensorsFile.Declaration] = []
        for parameter in model.store.parameters {
          let (name, extents) = (parameter.name, parameter.shape.extents)
          declarations.append(change(name, extents) ?? .init(name: name, shape: extents))
        }
        try SafetensorsFile.write(declarations, to: path) { declaration, sink in
          try sink.write([UInt8](repeating: 0, count: declaration.byteCount))
        }
        do {
          try blank(model).store.adopt(SafetensorsFile(path: path))
          return "nothing"
        } catch { return "\(error)" }
      }
    }
    let matrix = "source_embedding.weight"
    let scales = try refusal { name, extents in
      name == matrix ? .init(name: name, elementType: .int8, shape: extents) : nil
    }
    #expect(scales.contains("source_embedding.weight_scale [31] is missing"), "\(scales)")
    let vector = "encoder.norm.weight"
    let norm = try refusal { name, extents in
      name == vector ? .init(name: name, elementType: .int8, shape: extents) : nil
    }
    #expect(norm.contains(vector) && norm.contains("I8"), "\(norm)")
    #expect(try refusal { _, _ in nil } == "nothing")
  }
}
