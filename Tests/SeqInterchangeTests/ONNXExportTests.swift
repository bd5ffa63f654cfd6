import Foundation
import SeqInterchange
import SeqModels
import SeqProtobufs
import SeqText
import Testing

/// Graphs are sound, say what goes in and comes out, and hold the model's numbers.
@Suite struct ONNXExportTests {
  private static let names = ONNXFixture.configurations.map(\.name)

  /// What is wrong with a graph that can read `outer`, in words.
  private func problems(_ graph: ONNXGraphProto, outer: Set<String> = []) -> [String] {
    var problems: [String] = []
    var known = outer
    func define(_ name: String, _ what: String) {
      if !known.insert(name).inserted { problems.append("\(what) \(name) is there twice") }
    }
    for input in graph.input { define(input.name, "input") }
    for tensor in graph.initializer { define(tensor.name, "initializer") }
    var (names, read): (Set<String>, Set<String>) = ([], [])
    for node in graph.node {
      if !names.insert(node.name).inserted { problems.append("two nodes \(node.name)") }
      for input in node.input where !input.isEmpty {
        read.insert(input)
        if !known.contains(input) { problems.append("\(node.name) reads \(input), unknown") }
      }
      for attribute in node.attribute where attribute.type == .graph {
        problems += self.problems(attribute.g, outer: known)
        for inner in attribute.g.node { read.formUnion(inner.input) }
      }
      for output in node.output { define(output, "value") }
    }
    for input in graph.input where !read.contains(input.name) {
      problems.append("input \(input.name) is not read")
    }
    for tensor in graph.initializer where !read.contains(tensor.name) {
      problems.append("initializer \(tensor.name) is not read")
    }
    for port in graph.input + graph.output {
      if port.type.tensorType.elemType == 0 { problems.append("\(port.name) has no type") }
      for extent in port.type.tensorType.shape.dim where extent.value == nil {
        problems.append("\(port.name) has an extent without number or name")
      }
    }
    for output in graph.output where !known.contains(output.name) {
      problems.append("output \(output.name) is not computed")
    }
    return problems
  }

  @Test(arguments: names)
  func graphsAreSound(name: String) throws {
    for (file, model) in try ONNXFixture.exported(name) {
      #expect(model.opsetImport.map(\.version) == [17] && model.irVersion == 8)
      #expect(problems(model.graph) == [], "\(file)")
      for tensor in model.graph.initializer {
        let size: Int64 =
          switch tensor.dataType {
          case 1: 4
          case 7, 11: 8
          default: 0
          }
        #expect(
          Int64(tensor.rawData.count) == size * tensor.dims.reduce(1, *), "\(tensor.name)")
      }
    }
  }

  @Test(arguments: names)
  func statesOfOneGraphAreInputsOfTheNext(name: String) throws {
    let files = try ONNXFixture.exported(name)
    func ports(_ index: Int) throws -> (inputs: Set<String>, outputs: Set<String>) {
      let graph = try #require(files[ONNXFixture.files[index]]).graph
      return (Set(graph.input.map(\.name)), Set(graph.output.map(\.name)))
    }
    func carried(_ outputs: Set<String>) -> Set<String> {
      Set(
        outputs.map {
          $0.hasPrefix("present.") ? "past." + $0.dropFirst("present.".count) : $0
        })
    }
    let (encoder, decoder, step) = (try ports(0), try ports(1), try ports(2))
    #expect(encoder.inputs == ["source_ids", "source_padding_mask"])
    #expect(encoder.outputs.isSuperset(of: ["memory", "memory_padding_mask"]))
    let given = carried(encoder.outputs)
    let fed: Set = ["target_ids", "target_padding_mask", "causal_mask", "source_ids"]
    #expect(decoder.inputs.subtracting(fed).isSubset(of: given))
    let left = given.union(carried(decoder.outputs)).union(carried(step.outputs))
    #expect(step.inputs.subtracting(["target_ids", "source_ids"]).isSubset(of: left))
    #expect(decoder.outputs.contains("logits") && step.outputs.contains("logits"))
  }

  @Test func sizesAreDeclaredFree() throws {
    let files = try ONNXFixture.exported("sinusoidal")
    func shapes(_ ports: [ONNXValueInfoProto]) -> [String: String] {
      Dictionary(
        uniqueKeysWithValues: ports.map { port in
          let extents = port.type.tensorType.shape.dim.map { extent in
            extent.dimParam.isEmpty ? "\(extent.dimValue)" : extent.dimParam
          }
          return (port.name, "\(port.type.tensorType.elemType): \(extents.joined(separator: " "))")
        })
    }
    let encoder = try #require(files["encoder_model.onnx"]).graph
    #expect(
      shapes(encoder.input) == [
        "source_ids": "7: batch source", "source_padding_mask": "9: batch source",
      ])
    #expect(
      shapes(encoder.output) == [
        "memory": "1: batch source 16", "memory_padding_mask": "9: batch source",
      ])
    let decoder = try #require(files["decoder_model.onnx"]).graph
    #expect(
      shapes(decoder.input) == [
        "target_ids": "7: batch target", "target_padding_mask": "9: batch target",
        "causal_mask": "9: target target", "memory": "1: batch memory 16",
        "memory_padding_mask": "9: batch memory",
      ])
    #expect(shapes(decoder.output)["logits"] == "1: batch target 20")
    #expect(shapes(decoder.output)["present.1.key"] == "1: batch 2 target 8")
    let step = try #require(files["decoder_with_past_model.onnx"]).graph
    #expect(shapes(step.input)["past.1.cross_value"] == "1: batch 2 memory 8")
    #expect(shapes(step.output)["present.0.value"] == "1: batch 2 present 8")
  }

  @Test func weightsBeyondTheLimitAreBesideTheFile() throws {
    try ONNXFixture.withFolder { folder in
      let export = try ONNXExport(ONNXFixture.directory("sinusoidal"), path: "model")
      let whole = folder.appendingPathComponent("whole")
      let divided = folder.appendingPathComponent("divided")
      for (folder, limit) in [(whole, 1_500_000_000), (divided, 1000)] {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try export.write(to: folder, sizeLimit: limit)
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: whole.path)
      #expect(!names.contains { $0.hasSuffix("_data") })
      for file in ONNXFixture.files {
        let (one, other) = (
          try ONNXFixture.read(file, in: whole), try ONNXFixture.read(file, in: divided)
        )
        let data = try Data(contentsOf: divided.appendingPathComponent(file + "_data"))
        var externalCount = 0
        for (inside, outside) in zip(one.graph.initializer, other.graph.initializer) {
          #expect(inside.name == outside.name && inside.dims == outside.dims)
          guard outside.dataLocation == .external else {
            #expect(inside.rawData == outside.rawData)
            continue
          }
          externalCount += 1
          let entries = Dictionary(
            uniqueKeysWithValues: outside.externalData.map { ($0.key, $0.value) })
          let offset = try #require(entries["offset"].flatMap { Int($0) })
          let length = try #require(entries["length"].flatMap { Int($0) })
          #expect(entries["location"] == file + "_data" && offset % 4096 == 0)
          #expect(outside.rawData.isEmpty)
          #expect(data.subdata(in: offset..<offset + length) == inside.rawData, "\(inside.name)")
        }
        #expect(externalCount > 5)
      }
    }
  }

  private struct Description: Decodable {
    struct Port: Decodable, Equatable { var name: String }
    struct Graph: Decodable {
      var file: String
      var inputs: [Port]
    }
    var opset: Int
    var target_vocabulary_size: Int
    var unpredicted_tokens: [Int]
    var max_positions: Int?
    var decoder: Graph
  }

  @Test func descriptionAndTokenizerAreBesideTheGraphs() throws {
    try ONNXFixture.withFolder { folder in
      try ONNXExport(ONNXFixture.directory("learned"), path: "model").write(to: folder)
      let description = try JSONDecoder().decode(
        Description.self, from: Data(contentsOf: folder.appendingPathComponent("onnx.json")))
      #expect(description.opset == 17 && description.target_vocabulary_size == 20)
      #expect(description.unpredicted_tokens == [0, 1] && description.max_positions == 58)
      let graph = try ONNXFixture.read(description.decoder.file, in: folder).graph
      #expect(description.decoder.inputs.map(\.name) == graph.input.map(\.name))
      let codec = try TextCodec(directory: folder)
      #expect(codec.targetVocabularySize == 20)
    }
  }

  // MARK: Refusals

  @Test func layersAmongParagraphsAreRefusedByName() throws {
    var configuration = TransformerConfiguration(
      encoderLayerCount: 1, decoderLayerCount: 1, embeddingSize: 16, feedForwardSize: 16,
      headCount: 2)
    configuration.documentLayerCount = 1
    let directory = ModelDirectory(
      model: Transformer(configuration, vocabularies: ONNXFixture.vocabularies),
      codec: .letters(count: 20))
    let error = #expect(throws: InterchangeError.self) {
      try ONNXExport(directory, path: "runs/documents")
    }
    #expect(error?.reason == .unsupported)
    #expect(error?.found.contains("document_layer_count") == true, "\(error?.found ?? "")")
  }

  @Test func quantizedModelsAreRefused() throws {
    try ONNXFixture.withFolder { folder in
      let directory = ONNXFixture.directory("sinusoidal")
      try ModelDirectory.describe(directory.model, directory.codec, in: folder)
      try directory.model.store.save(
        to: folder.appendingPathComponent("model.safetensors").path, precision: .int8)
      let error = #expect(throws: InterchangeError.self) { try ONNXExport(model: folder) }
      #expect(error?.found == "a model quantized to int8")
    }
  }
}
