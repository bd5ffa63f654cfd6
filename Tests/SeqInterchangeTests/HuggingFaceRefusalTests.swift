import Foundation
import SeqCheckpoints
import SeqInterchange
import Testing

/// What cannot be read is refused by name, with a hint.
@Suite struct HuggingFaceRefusalTests {
  /// Replaces a text in a file of a copied model and opens that.
  private func error(
    _ name: String, file: String = "config.json", replacing old: String, by new: String
  ) throws -> (any Error)? {
    var found: (any Error)?
    try HuggingFaceFixture(name).withCopy { copy in
      let url = copy.appendingPathComponent(file)
      let text = try String(contentsOf: url, encoding: .utf8)
      try #require(text.contains(old))
      try text.replacing(old, with: new).write(to: url, atomically: true, encoding: .utf8)
      found = #expect(throws: (any Error).self) {
        try HuggingFaceModel(directory: copy, unknown: 3)
      }
    }
    return found
  }

  @Test(arguments: [
    ("marian", "\"model_type\": \"marian\"", "\"model_type\": \"whisper\"", "model_type"),
    (
      "marian", "\"activation_function\": \"swish\"", "\"activation_function\": \"tanh\"",
      "activation_function"
    ),
    ("marian", "\"d_model\": 16", "\"d_model\": 18", "model.shared.weight"),
    ("marian", "\"d_model\": 16", "\"d_model\": -16", "d_model"),
    (
      "pegasus", "\"d_model\": 16", "\"d_model\": 18",
      "'model.encoder.embed_positions.weight': found the shape [24, 16], expected [rows, 18], as"
    ),
    ("marian", "\"vocab_size\": 30", "\"vocab_size\": 31", "model.shared.weight"),
    ("marian", "\"encoder_layers\": 2", "\"encoder_layers\": 3", "model.encoder.layers.2"),
    ("marian", "\"encoder_layers\": 2", "\"encoder_layers\": 1", "model.encoder.layers.1"),
    ("marian", "\"eos_token_id\": 0", "\"eos_token_id\": [0, 1]", "eos_token_id"),
    ("marian", "\"eos_token_id\": 0", "\"eos_token_id\": 99", "special_tokens.end"),
    ("marian", "\"scale_embedding\": true", "\"normalize_before\": true", "normalize_before"),
    (
      "t5", "\"feed_forward_proj\": \"relu\"", "\"feed_forward_proj\": \"gated-tanh\"",
      "feed_forward_proj"
    ),
    ("t5", "\"d_kv\": 8", "\"d_kv\": \"eight\"", "d_kv"),
  ])
  func settingsThatDoNotFit(name: String, old: String, new: String, named: String) throws {
    let error = try error(name, replacing: old, by: new)
    #expect("\(error.map { "\($0)" } ?? "")".contains(named), "\(error.map { "\($0)" } ?? "none")")
  }

  @Test(arguments: [Int.min, -1]) func negativeLengths(length: Int) throws {
    let error = try error(
      "marian", file: "generation_config.json", replacing: "\"max_length\": 14",
      by: "\"max_length\": \(length)")
    let found = try #require(error as? InterchangeError)
    #expect(found.name == "max_length" && found.path.hasSuffix("/generation_config.json"))
  }

  @Test func deeplyNestedSettings() throws {
    let depth = 100_000
    let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let error = try error(
      "marian", replacing: "\"d_model\": 16", by: "\"d_model\": 16, \"deep\": \(nested)")
    #expect("\(error.map { "\($0)" } ?? "")".contains("config.json"))
  }

  @Test func picklesAreRefusedWithAHint() throws {
    try HuggingFaceFixture("marian").withCopy { copy in
      try FileManager.default.moveItem(
        at: copy.appendingPathComponent("model.safetensors"),
        to: copy.appendingPathComponent("pytorch_model.bin"))
      let error = #expect(throws: InterchangeError.self) {
        try HuggingFaceModel(directory: copy, unknown: 3)
      }
      #expect(error?.reason == .refusedFormat)
      #expect(error?.hint.contains("save_pretrained") == true)
    }
  }

  @Test func truncatedShardsAreRefused() throws {
    try HuggingFaceFixture("pegasus").withCopy { copy in
      let shards = try FileManager.default.contentsOfDirectory(atPath: copy.path)
        .filter { $0.hasPrefix("model-") }.sorted()
      let shard = copy.appendingPathComponent(try #require(shards.last))
      let data = try Data(contentsOf: shard)
      try data.dropLast(100).write(to: shard)
      let error = #expect(throws: CheckpointError.self) {
        try HuggingFaceModel(directory: copy, unknown: 3)
      }
      #expect(error?.path == shard.path && error?.reason == .wrongFileSize)
    }
  }

  @Test func missingShardsAreRefused() throws {
    try HuggingFaceFixture("pegasus").withCopy { copy in
      let shards = try FileManager.default.contentsOfDirectory(atPath: copy.path)
        .filter { $0.hasPrefix("model-") }.sorted()
      let shard = copy.appendingPathComponent(try #require(shards.first))
      try FileManager.default.removeItem(at: shard)
      let error = #expect(throws: CheckpointError.self) {
        try HuggingFaceModel(directory: copy, unknown: 3)
      }
      #expect(error?.path == shard.path && error?.reason == .missing)
    }
  }

  @Test(arguments: ["../secret.safetensors", "/etc/passwd", "model.bin"])
  func indexesThatLeadElsewhereAreRefused(name: String) throws {
    try HuggingFaceFixture("pegasus").withCopy { copy in
      let url = copy.appendingPathComponent("model.safetensors.index.json")
      try "{\"weight_map\": {\"a\": \"\(name)\"}}".write(
        to: url, atomically: true, encoding: .utf8)
      let error = #expect(throws: InterchangeError.self) {
        try HuggingFaceModel(directory: copy, unknown: 3)
      }
      #expect(error?.reason == .malformedFile)
    }
  }

  @Test func tiedTensorsThatDifferAreRefused() throws {
    try HuggingFaceFixture("marian").withCopy { copy in
      let path = copy.appendingPathComponent("model.safetensors").path
      let file = try SafetensorsFile(path: path)
      var tensors = try file.entries.map {
        (name: $0.name, shape: $0.shape, values: try file.floats(of: $0))
      }
      let shared = try #require(tensors.first { $0.name == "model.shared.weight" })
      tensors.append(
        (name: "lm_head.weight", shape: shared.shape, values: shared.values.map { $0 + 1 }))
      try SafetensorsFile.write(tensors, to: path)
      let error = #expect(throws: InterchangeError.self) {
        try HuggingFaceModel(directory: copy, unknown: 3)
      }
      #expect(error?.name == "lm_head.weight")
    }
  }
}
