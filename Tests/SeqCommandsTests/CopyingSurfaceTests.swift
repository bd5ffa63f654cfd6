import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// A model that copies, from its configuration to what every command makes of its words.
  @Suite("copying")
  struct CopyingSurfaceTests {
    private static let configuration = """
      data:
        train: { pairs: train.tsv }
        validation: { pairs: train.tsv }
      tokenizer: { type: whitespace, vocabulary_size: 12 }
      model:
        type: recurrent
        embedding_size: 12
        hidden_size: 16
        attention: null
        copying: { coverage: true, coverage_weight: 0.5 }
      training:
        batch_sentences: 16
        max_steps: 240
        schedule: { type: constant, peak_rate: 0.02, warmup_steps: 10 }
      validation: { every_epochs: 5, metrics: [loss, exact_match] }

      """

    /// `the NAME came` is answered by `NAME`; no name comes twice.
    private func trained(_ settings: [String] = []) throws -> (folder: TestFolder, model: String) {
      let folder = try TestFolder()
      let lines = (0..<160).map { "\(["the", "a", "one"][$0 % 3]) name\($0) came\tname\($0)\n" }
      try folder.write("train.tsv", lines.joined())
      try folder.write("copying.yaml", Self.configuration)
      let outcome = try train(in: folder, "model", settings)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return (folder, folder["model"])
    }

    private func train(
      in folder: TestFolder, _ output: String, _ settings: [String]
    ) throws -> CommandLineTool.Outcome {
      try CommandLineTool.run(
        ["train", folder["copying.yaml"], "--output", folder[output], "--workers", "2"]
          + settings.flatMap { ["--set", $0] })
    }

    /// First to copy, then with coverage, which begins without effect: so See and others train (2017).
    @Test("coverage is added to a model that copies, not taken from one that has it")
    func addedCoverage() throws {
      let (folder, model) = try trained([
        "model.copying={ coverage: false }", "training.max_steps=60",
      ])
      let start = "model.from=\(model)"
      let still = [start, "training.max_steps=1", "training.schedule.peak_rate=1e-30"]
      let added = try train(in: folder, "added", still)
      #expect(added.status == 0, "\(added.errors)")
      let pairs = (source: "the name7 came\na Kim came\n", target: "name7\nKim Kim Kim\n")
      try folder.write("source", pairs.source)
      try folder.write("target", pairs.target)
      let scores = try [model, folder["added"]].map { path in
        try CommandLineTool.run([
          "score", path, "--source", folder["source"], "--target", folder["target"],
        ]).lines.map { try #require(Double($0)) }
      }
      #expect(scores[0].count == 2)
      #expect(zip(scores[0], scores[1]).allSatisfy { abs($0 - $1) < 1e-4 }, "\(scores)")

      // What has been added is trained.
      let learned = try train(
        in: folder, "learned", [start, "training.max_steps=30", "training.report_every_steps=10"])
      #expect(learned.status == 0, "\(learned.errors)")
      let tensors = try SafetensorsFile(path: folder["learned"] + "/model.safetensors")
      let coverage = try tensors.floats(of: #require(tensors["pointer.coverage"]))
      #expect(coverage.contains { abs($0) > 1e-3 })

      let taken = try train(
        in: folder, "taken",
        ["model.from=\(folder["added"])", "model.copying={ coverage: false }"])
      #expect(taken.status == 78 && taken.errors.contains("copying.coverage: is false"), "\(taken)")
    }

    @Test("words that no vocabulary holds come out of every command")
    func words() throws {
      let (folder, model) = try trained()
      let text = "the Zoë came\na 42km/h came\none Kim came\n"
      let answers = ["Zoë", "42km/h", "Kim"]
      for options in [["--beam-size", "1"], [], ["--no-repeat-ngram", "2"], ["--stream"]] {
        let outcome = try CommandLineTool.run(["translate", model] + options, input: text)
        #expect(outcome.status == 0)
        #expect(outcome.lines == answers, "\(options)")
      }
      let json = try objects(
        CommandLineTool.run(
          ["translate", model, "--format", "jsonl", "--alignments", "--n-best", "2"],
          input: text))
      #expect(json[0]["translation"] as? String == "Zoë")
      #expect(json[0]["tokens"] as? [String] == ["Zoë"])
      #expect(json[0]["source_tokens"] as? [String] == ["the", "Zoë", "came"])
      #expect(json[0]["alignment"] as? [[Int]] == [[1, 0]])

      // What search found has the score that is computed of it alone.
      try folder.write("source", text)
      try folder.write("target", answers.map { $0 + "\n" }.joined())
      let scored = try objects(
        CommandLineTool.run([
          "score", model, "--source", folder["source"], "--target", folder["target"],
          "--format", "jsonl",
        ]))
      #expect(scored[2]["tokens"] as? [String] == ["Kim", "</s>"])
      let found = try #require(json[2]["token_log_probabilities"] as? [Double])
      let given = try #require(scored[2]["token_log_probabilities"] as? [Double])
      #expect(zip(found, given).allSatisfy { abs($0 - $1) < 1e-3 })

      let figure = try CommandLineTool.run([
        "inspect", "attention", model, "--source", "the Zoë came", "--kind", "pointer",
      ])
      #expect(figure.status == 0 && figure.output.contains("Zoë"))
      let sampled = try CommandLineTool.run(
        ["translate", model, "--sample", "--top-k", "2"], input: text)
      #expect(sampled.status == 0 && sampled.lines.count == 3)
      #expect(try CommandLineTool.run(["doctor", model]).status == 0)
      #expect(
        try CommandLineTool.run(
          ["quantize", model, "--output", folder["small"]]
        ).status == 0)
      #expect(
        try CommandLineTool.run(["translate", folder["small"]], input: text).lines == answers)
      let refused = try CommandLineTool.run(["translate", model, "--replace-unknown"], input: text)
      #expect(refused.status == 64 && refused.errors.contains("copies unknown words by itself"))
    }

    private func objects(_ outcome: CommandLineTool.Outcome) throws -> [[String: Any]] {
      try outcome.lines.map { try ToyRun.object($0) }
    }

    @Test(
      "what does not go with copying is refused",
      arguments: [
        ("tokenizer.shared=false", "copying needs one vocabulary"),
        ("training.regime={ type: scheduled_sampling, ratio: 0.5 }", "knows nothing of what is"),
        ("model.copying={ coverage_weight: 2 }", "has no effect without coverage"),
        ("model.copying={ covrage: true }", "covrage"),
      ])
    func refusals(setting: String, message: String) throws {
      let folder = try TestFolder()
      try folder.write("train.tsv", "a\tb\n")
      try folder.write("copying.yaml", Self.configuration)
      let outcome = try CommandLineTool.run([
        "train", folder["copying.yaml"], "--output", folder["model"], "--set", setting,
      ])
      #expect(outcome.status != 0)
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
  }
}
