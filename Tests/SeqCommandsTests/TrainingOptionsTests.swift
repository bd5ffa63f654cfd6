import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// Optimizers, averages and starting points, as runs use them.
  @Suite("train: optimizers, averages, starting points")
  struct TrainingOptionsTests {
    let toy: ToyRun

    init() throws { toy = try ToyRun() }

    static let variants: [[String]] = [
      ["training.optimizer={type: sgd, momentum: 0.9, nesterov: true}", "training.ema_decay=0.9"],
      ["training.precision=bfloat16", "training.memory=98 MB"],
      ["training.optimizer={type: adafactor}", "training.schedule.peak_rate=0.1"],
      [
        "training.optimizer={type: sgd}", "training.ema_decay=0.99", "training.loss_mean=sentence",
        "validation.every_epochs=2",
      ],
    ]

    @Test("a run that was stopped goes on to the same bits", arguments: variants)
    func resuming(variant: [String]) throws {
      let usesAverage = variant.contains { $0.contains("ema_decay") }
      let options = (variant + ["training.average_last=\(usesAverage ? 0 : 2)"])
        .flatMap { ["--set", $0] }
      #expect(try toy.train("whole", options).status == 0)
      let half = try toy.train("halved", options + ["--set", "training.max_steps=17"])
      #expect(half.status == 0, "\(half.errors)")
      let resumed = try toy.train("halved", options + ["--resume"])
      #expect(resumed.status == 0, "\(resumed.errors)")
      let result = try toy.result(of: "whole")
      // It ended in the middle once, and left a checkpoint there.
      let ignored = "checkpoints/step-00000017/"
      #expect(
        try differences(result, toy.result(of: "halved")).filter { !$0.hasPrefix(ignored) } == [])
      #expect(
        result.keys.contains { $0.hasSuffix("average.safetensors") } == usesAverage)
    }

    @Test("a limit of memory makes slices smaller, and is refused where none are small enough")
    func memory() throws {
      let options = ["--set", "training.max_steps=3", "--set"]
      let refused = try toy.train("none", options + ["training.memory=1 MiB"])
      #expect(refused.status == 78, "\(refused.status)")
      let least = try #require(
        refused.errors.firstMatch(of: /training.memory: expected at least ([0-9]+) MiB/))
      let tight = try toy.train("tight", options + ["training.memory=\(least.1) MiB"])
      #expect(tight.status == 0, "\(tight.errors)")
      let note = try #require(
        tight.errors.firstMatch(of: /each worker computes ([0-9]+) tokens at a time/))
      #expect((32..<768).contains(Int(note.1) ?? 0), "\(tight.errors)")
      // The same batches: losses differ by rounding at most.
      let wide = try toy.train("wide", options + ["training.memory=2 GiB"])
      #expect(wide.status == 0 && !wide.errors.contains("tokens at a time"), "\(wide.errors)")
      let losses = try ["tight", "wide"].map { run in
        try toy.folder.text("\(run)/metrics.jsonl").split(separator: "\n").compactMap {
          try ToyRun.object(String($0))["loss"] as? Double
        }
      }
      #expect(losses[0].count == 3)
      #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test("a run under a limit of memory goes on with the slices it had")
    func memoryResumed() throws {
      // At the beginning nothing of the model's own is read, later all: slices take more.
      let regime = "{ type: gumbel_softmax, ratio: { type: exponential, decay: 0.6 } }"
      let options = [
        "--set", "training.regime=\(regime)", "--set", "training.schedule.type=constant", "--set",
      ]
      let refused = try toy.train("none", options + ["training.memory=1 MiB"])
      let least = try #require(
        refused.errors.firstMatch(of: /training.memory: expected at least ([0-9]+) MiB/))
      let limited = options + ["training.memory=\(least.1) MiB", "--set"]
      for (run, steps, more) in [
        ("whole", 9, []), ("parts", 5, []), ("parts", 9, ["--resume"]),
      ] {
        let outcome = try toy.train(run, limited + ["training.max_steps=\(steps)"] + more)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("tokens at a time"))
      }
      #expect(
        toy.folder.bytes("whole/model.safetensors") == toy.folder.bytes("parts/model.safetensors"))
    }

    @Test("the moving average is what validation sees and what the model becomes")
    func movingAverage() throws {
      let options = [
        "--set", "training.ema_decay=0.95", "--set", "training.average_last=1", "--set",
        "training.max_steps=14", "--set", "validation.metrics=[loss]",
      ]
      #expect(try toy.train("run", options).status == 0)
      let folder = toy.folder
      let model = folder.bytes("run/model.safetensors")
      #expect(model == folder.bytes("run/checkpoints/step-00000014/average.safetensors"))
      #expect(model != folder.bytes("run/checkpoints/step-00000014/model.safetensors"))
      // The last step is a validation: its loss is the perplexity of the final model.
      let lines = try folder.text("run/metrics.jsonl").split(separator: "\n")
        .map { try ToyRun.object(String($0)) }
      let loss = try #require(
        lines.last { $0["validation_loss"] != nil }?["validation_loss"] as? Double)
      let text = folder.text("validation.tsv").split(separator: "\n").map {
        $0.split(separator: "\t").map { $0 + "\n" }
      }
      try folder.write("source", text.map { $0[0] }.joined())
      try folder.write("target", text.map { $0[1] }.joined())
      let scores = try CommandLineTool.run([
        "score", folder["run"], "--source", folder["source"], "--target", folder["target"],
      ])
      let perToken = try #require(
        scores.errors.firstMatch(of: /per token (-[0-9.]+)/).flatMap { Double($0.1) })
      #expect(abs(perToken + loss) < 2e-4)
      // The path cannot be averaged twice.
      let twice = try toy.train("twice", options + ["--set", "training.average_last=3"])
      #expect(
        twice.status == 78 && twice.errors.contains("training.ema_decay: average_last above 1"))
    }

    @Test("the mean over sentences differs from that over tokens by the tokens a sentence")
    func lossMeans() throws {
      func norm(_ mean: String) throws -> Double {
        let outcome = try toy.train(
          mean,
          [
            "--set", "training.loss_mean=\(mean)", "--set", "training.optimizer.clip_norm=null",
            "--set", "tokenizer={type: whitespace}", "--set", "training.max_steps=1",
          ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let line = try #require(
          toy.folder.text("\(mean)/metrics.jsonl").split(separator: "\n").first)
        return try #require(try ToyRun.object(String(line))["gradient_norm"] as? Double)
      }
      let tokens = try norm("sentence") / norm("token") * 16
      // 16 pairs of two to six letters and EOS.
      #expect(abs(tokens - tokens.rounded()) < 1e-3 && (48...112).contains(tokens), "\(tokens)")
    }

    // MARK: average

    private func average(_ models: [String], output: String) throws -> CommandLineTool.Outcome {
      try CommandLineTool.run(
        ["average"] + models.map { toy.folder[$0] } + ["--output", toy.folder[output]])
    }

    @Test("average makes a model of checkpoints and models")
    func averaging() throws {
      let keep = ["--set", "training.keep_checkpoints=9", "--set", "training.average_last=1"]
      #expect(try toy.train("run", keep + ["--set", "training.max_steps=10"]).status == 0)
      let parts = ["run/checkpoints/step-00000005", "run/checkpoints/step-00000010"]
      let outcome = try average(parts, output: "new/mean")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let files = try (parts + ["new/mean"]).map {
        try SafetensorsFile(path: toy.folder["\($0)/model.safetensors"])
      }
      for entry in files[2].entries {
        let (first, second, mean) = (
          try files[0].floats(of: files[0].entry(entry.name)),
          try files[1].floats(of: files[1].entry(entry.name)), try files[2].floats(of: entry)
        )
        let expected = zip(first, second).map { Float((Double($0) + Double($1)) / 2) }
        #expect(mean == expected && first != second, "\(entry.name)")
      }
      #expect(files[2].entries.map(\.name) == files[0].entries.map(\.name))
      #expect(
        toy.folder.names(in: "new/mean") == [
          "config.json", "model.safetensors", "shared.model", "tokenizer.json",
        ])
      #expect(toy.folder.names(in: "new") == ["mean"])
      let translated = try CommandLineTool.run(
        ["translate", toy.folder["new/mean"]], input: "a b\n")
      #expect(translated.status == 0 && translated.lines.count == 1)
      // A model is its own mean; directories and checkpoints mix.
      #expect(try average(["run", "run/checkpoints/step-00000010"], output: "same").status == 0)
      #expect(
        toy.folder.bytes("same/model.safetensors") == toy.folder.bytes("run/model.safetensors"))
      // What stands somewhere is left alone.
      let refused = try average(parts, output: "run")
      #expect(refused.status == 73 && refused.errors.contains("run is not empty"))
    }

    @Test("what has no mean is refused by name, and nothing is written")
    func unequalModels() throws {
      let short = ["--set", "training.max_steps=5", "--set", "training.average_last=1"]
      #expect(try toy.train("a", short).status == 0)
      #expect(
        try toy.train(
          "b", short + ["--set", "model.feed_forward_size=16", "--set", "model.norm=post"]
        ).status == 0)
      #expect(
        try toy.train("c", short + ["--set", "tokenizer.vocabulary_size=23"]).status == 0)
      #expect(
        try toy.train("d", short + ["--set", "tokenizer={type: whitespace}"]).status == 0)
      let shapes = try average(["a", "b"], output: "out")
      #expect(shapes.status == 65)
      #expect(
        shapes.errors.contains(
          "b is not a model of the same kind as")
          && shapes.errors.contains(
            "model.feed_forward_size is 16, not 32; model.norm is post, not pre"),
        "\(shapes.errors)")
      let vocabularies = try average(["a", "c"], output: "out")
      #expect(vocabularies.status == 65)
      #expect(vocabularies.errors.contains("tokenizer.vocabulary_size is 23, not 24"))
      #expect(
        try average(["a", "d"], output: "out").errors.contains("tokenizer.type is whitespace"))
      let missing = try average(["a", "nothing"], output: "out")
      #expect(missing.status == 66 && missing.errors.contains("nothing"))
      try FileManager.default.removeItem(atPath: toy.folder["d/model.safetensors"])
      let unfinished = try average(["d"], output: "out")
      #expect(unfinished.status == 66 && unfinished.errors.contains("give one of its checkpoints"))
      #expect(!toy.folder.contains("out"))
    }

    // MARK: model.from

    private func start(_ from: String, _ more: [String] = []) -> [String] {
      [
        "--set", "model={from: \(toy.folder[from])}", "--set", "tokenizer=null", "--set",
        "training.average_last=1", "--set", "training.max_steps=3",
      ] + more
    }

    @Test("training starts from a model's parameters and tokenizer")
    func startingModel() throws {
      #expect(
        try toy.train(
          "first", ["--set", "training.max_steps=10", "--set", "training.average_last=1"]
        ).status == 0)
      // Too slow to move a parameter.
      let still = start("first", ["--set", "training.schedule.peak_rate=1e-30"])
      let outcome = try toy.train("second", still)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("starting from"))
      for name in ["model.safetensors", "shared.model", "tokenizer.json", "config.json"] {
        #expect(toy.folder.bytes("second/\(name)") == toy.folder.bytes("first/\(name)"), "\(name)")
      }
      // From a checkpoint too; and it learns.
      let third = start("first/checkpoints/step-00000010")
      #expect(try toy.train("third", third).status == 0)
      #expect(
        toy.folder.bytes("third/model.safetensors")
          != toy.folder.bytes("first/checkpoints/step-00000010/model.safetensors"))
      // Going on, the model that it started from is not asked for again.
      let more = ["--resume", "--set", "training.max_steps=6"]
      #expect(try toy.train("third", third + more).status == 0)
      let changed = try toy.train("third", start("first") + more)
      #expect(changed.status == 78 && changed.errors.contains("(model.from)"), "\(changed.errors)")
    }

    @Test("what contradicts the model is reported, all at once")
    func contradictions() throws {
      #expect(
        try toy.train(
          "first", ["--set", "training.max_steps=5", "--set", "training.average_last=1"]
        ).status == 0)
      let outcome = try toy.train(
        "second",
        [
          "--set",
          "model={from: \(toy.folder["first"]), layer_count: 2, head_count: 2, norm: post, "
            + "dropout: 0.4, initialization: scaled}",
          "--set", "tokenizer={vocabulary_size: 30, shared: true}",
        ])
      #expect(outcome.status == 78)
      for problem in [
        "model.layer_count: is 2, the model in", "model.norm: is post, the model in",
        "has pre; leave the key out", "model.initialization: has no effect with from",
        "tokenizer.vocabulary_size: is 30, the model in",
      ] {
        #expect(outcome.errors.contains(problem), "\(problem)\n\(outcome.errors)")
      }
      #expect(outcome.errors.contains("4 problems"), "\(outcome.errors)")
      #expect(!toy.folder.contains("second"))
      let missing = try toy.train("second", start("nowhere"))
      #expect(missing.status == 78)
      #expect(missing.errors.contains("model.from: there is no model to start from"))
    }

    @Test("a half of a mixed model that it starts from need not be repeated, nor be contradicted")
    func startingHalves() throws {
      let half = "{ layer_count: 2, embedding_size: 16, feed_forward_size: 16, head_count: 2 }"
      let mixed = "model={ type: mixed, encoder: \(half), decoder: \(half) }"
      let options = ["--set", "training.max_steps=2", "--set", "training.average_last=1"]
      #expect(try toy.train("first", ["--set", mixed] + options).status == 0)
      func from(_ encoder: String) -> [String] {
        start(
          "first", ["--set", "model={from: \(toy.folder["first"]), encoder: { \(encoder) }}"])
      }
      let other = try toy.train("second", from("dropout: 0.3"))
      #expect(other.status == 0, "\(other.errors)")
      let wrong = try toy.train("third", from("layer_count: 3, initialization: scaled"))
      #expect(wrong.status == 78)
      for problem in [
        "model.encoder.layer_count: is 3, the model in",
        "model.encoder.initialization: has no effect with from",
      ] {
        #expect(wrong.errors.contains(problem), "\(problem)\n\(wrong.errors)")
      }
    }
  }
}
