import ArgumentParser
import Foundation
import SeqCommands
import SeqKit
import Testing

/// The keys for long sources, and what each contradiction is told.
@Suite struct LongInputConfigurationTests {
  private func model(_ keys: String) -> String {
    minimalYAML.replacing("{ type: transformer }", with: "{ type: transformer, \(keys) }")
  }

  @Test func theKeys() throws {
    func configuration(_ keys: String) throws -> TransformerConfiguration {
      let found = try read(model(keys)).model
      guard case .transformer(let configuration) = found else {
        throw ExitCode.failure
      }
      return configuration
    }
    let window = try configuration("attention_window: 128, global_token_count: 2")
    #expect(window.attentionWindow == 128 && window.globalTokenCount == 2)
    let latents = try configuration("latent_count: 32, latent_read_every: 2")
    #expect(latents.latentCount == 32 && latents.latentReadEvery == 2)
    let both = try configuration("attention_window: 8, memory_compression: 4, positions: rotary")
    #expect(both.memoryCompression == 4 && both.globalTokenCount == nil)
    #expect(try configuration("memory_compression: null").memoryCompression == nil)
  }

  @Test(arguments: [
    ("attention_window: 7", "model.attention_window: is 7: half of it is on each side"),
    ("attention_window: 0", "expected a whole number of at least 2, found '0'"),
    ("memory_compression: 1", "expected a whole number of at least 2, found '1'"),
    (
      "attention_window: 8, positions: t5",
      "model.attention_window: does not go with positions: t5, which add to the score of every pair"
    ),
    (
      "latent_count: 8, positions: rotary",
      "model.latent_count: does not go with positions: rotary"
    ),
    (
      "latent_count: 8, attention_window: 8",
      "model.attention_window: has no effect with latent_count"
    ),
    (
      "latent_count: 8, memory_compression: 2",
      "model.memory_compression: has no effect with latent_count"
    ),
    ("global_token_count: 1", "model.global_token_count: has no effect without attention_window"),
    ("latent_read_every: 2", "model.latent_read_every: has no effect without latent_count"),
    (
      "attention_windows: 8",
      "model.attention_windows: unknown key; did you mean 'attention_window'?"
    ),
    ("latents_count: 8", "unknown key; did you mean 'latent_count'?"),
  ])
  func problems(keys: String, expected: String) {
    let found = report(model(keys))
    #expect(found.count == 1 && found.first?.contains(expected) == true, "\(found)")
  }

  @Test func halvesOfMixedModels() throws {
    func mixed(_ side: String) -> String {
      let other = side == "encoder" ? "decoder" : "encoder"
      return minimalYAML.replacing(
        "{ type: transformer }",
        with: "{ type: mixed, \(side): { latent_count: 4 }, \(other): { layer_count: 2 } }")
    }
    guard case .mixed(let configuration) = try read(mixed("encoder")).model,
      case .transformer(let encoder) = configuration.encoder
    else { throw ExitCode.failure }
    #expect(encoder.latentCount == 4)
    // The decoder reads no source by itself.
    let found = report(mixed("decoder"))
    #expect(found.count == 1 && found[0].contains("model.decoder.latent_count: unknown key"))
  }
}

extension CommandLineTests {
  /// Models for long sources under the commands, from training to figures.
  @Suite("long inputs")
  struct LongInputCommandTests {
    private static let kinds: [(keys: String, rows: MemoryRows)] = [
      ("attention_window: 4, global_token_count: 1", .tokens), ("latent_count: 3", .latents),
      ("memory_compression: 2", .groups(2)),
    ]

    @Test(arguments: [0, 1, 2])
    func fromTrainingToFigures(kind: Int) throws {
      let (keys, rows) = Self.kinds[kind]
      let toy = try ToyRun()
      let settings = keys.split(separator: ", ").flatMap { key in
        ["--set", "model.\(key.replacing(": ", with: "="))"]
      }
      let outcome = try toy.train(
        "model", settings + ["--set", "tokenizer={ type: whitespace }"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let model = toy.folder["model"]
      let loaded = try ModelDirectory.load(URL(fileURLWithPath: model))
      #expect(loaded.model.configuration.memoryRows == rows)

      func run(_ arguments: [String]) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(arguments, input: "a b c d\n\nb\n")
      }
      for beam in ["1", "4"] {
        let translated = try run(["translate", model, "--beam-size", beam])
        #expect(translated.status == 0 && translated.lines.count == 3, "\(translated.errors)")
      }
      for option in [["--alignments"], ["--attention", "--format", "jsonl"]] {
        let found = try run(["translate", model] + option)
        #expect(found.status == (rows == .tokens ? 0 : 64), "\(found.errors)")
        if rows != .tokens { #expect(found.errors.contains("alignment: with ")) }
      }
      let figure = ["inspect", "attention", model, "--source", "a b c", "--target", "c b"]
      let cross = try run(figure + ["--format", "jsonl"])
      #expect(cross.status == 0, "\(cross.errors)")
      let columns: [String] =
        switch rows {
        case .tokens: ["a", "b", "c", "</s>"]
        case .groups: ["a…b", "c…</s>"]
        case .latents: ["latent 1", "latent 2", "latent 3"]
        }
      let drawn = try ToyRun.object(cross.lines[0])
      #expect(drawn["columns"] as? [String] == columns)
      let reading = try run(figure + ["--kind", "reading"])
      #expect(reading.status == (rows == .latents ? 0 : 64))
      let doctor = try run(["doctor", model])
      #expect(doctor.status == 0 && doctor.lines.last == "10 passed, 0 failed", "\(doctor.output)")
      let masks = try run(
        [
          "inspect", "masks", toy.folder["toy.yaml"], "--format", "jsonl",
        ] + settings)
      #expect(masks.status == 0, "\(masks.errors)")
      #expect(masks.output.contains("\"window\"") == (rows == .tokens))
    }
  }
}
