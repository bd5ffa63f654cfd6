import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// What a run says and leaves when it ends, and what it says before it begins.
  @Suite("train: beginnings and ends")
  struct TrainingEndTests {
    let toy: ToyRun

    init() throws { toy = try ToyRun() }

    private func lines(of run: String) throws -> [[String: Any]] {
      try toy.folder.text("\(run)/metrics.jsonl").split(separator: "\n").map {
        try ToyRun.object(String($0))
      }
    }

    @Test("the last steps are reported and examined, wherever the run ends")
    func lastSteps() throws {
      let options = ["--set", "training.report_every_steps=50"]
      let outcome = try toy.train("short", options + ["--set", "training.max_steps=2"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains("validation after step 2"), "\(outcome.errors)")
      let lines = try lines(of: "short")
      #expect(lines.compactMap { $0["step"] as? Int } == [2, 2])
      #expect(lines.first?["loss"] is Double && lines.last?["validation_loss"] is Double)
      // A later end takes them back: it is as if the run had always had that.
      #expect(try toy.train("short", options + ["--resume"]).status == 0)
      #expect(try toy.train("whole", options).status == 0)
      #expect(try differences(toy.result(of: "short"), toy.result(of: "whole")) == [])
      // To resume what has ended changes nothing.
      #expect(try toy.train("short", options + ["--resume"]).status == 0)
      #expect(try differences(toy.result(of: "short"), toy.result(of: "whole")) == [])
    }

    @Test("when patience ends a run, the model is the best and not the last")
    func patience() throws {
      let outcome = try toy.train(
        "run",
        [
          "--set", "validation={ every_steps: 3, metrics: [loss], patience: 2 }", "--set",
          "training.average_last=1", "--set", "training.max_steps=1000",
          // Too fast to learn much: the loss soon rises.
          "--set", "training.schedule.peak_rate=0.5",
        ])
      #expect(outcome.status == 0)
      let best = try #require(toy.checkpoints(of: "run").first)
      #expect(outcome.errors.contains("the model of step \(best), the best, is in"))
      #expect(
        toy.folder.bytes("run/model.safetensors")
          == toy.folder.bytes(
            "run/checkpoints/\(toy.folder.names(in: "run/checkpoints")[0])/model.safetensors"))
    }

    @Test("a checkpoint is translated with, scored with and quantized as a model is")
    func checkpoints() throws {
      #expect(
        try toy.train(
          "run", ["--set", "training.max_steps=10", "--set", "training.average_last=1"]
        )
        .status == 0)
      let model = toy.folder["run"]
      let checkpoint = toy.folder["run/checkpoints/step-00000010"]
      let input = ToyModel.sentences.map { $0 + "\n" }.joined()
      let translations = try [model, checkpoint].map {
        try CommandLineTool.run(["translate", $0], input: input)
      }
      #expect(translations[1].status == 0, "\(translations[1].errors)")
      #expect(translations[0].output == translations[1].output)
      #expect(
        try CommandLineTool.run(["quantize", checkpoint, "--output", toy.folder["int8"]]).status
          == 0)
      #expect(try CommandLineTool.run(["inspect", "model", checkpoint]).status == 0)
      let nothing = try CommandLineTool.run(["translate", toy.folder["run/checkpoints"]])
      #expect(nothing.status == 66)
      #expect(nothing.errors.contains("or one of its checkpoints"), "\(nothing.errors)")
    }

    @Test("a rate that will not have risen when the run ends is spoken of")
    func lateWarmup() throws {
      let late = try toy.train(
        "late", ["--set", "training.max_steps=2", "--set", "training.schedule.warmup_steps=3"])
      #expect(
        late.errors.contains("the warm-up takes 3 steps and the run has 2: its rate ends at"),
        "\(late.errors)")
      let risen = try toy.train(
        "risen", ["--set", "training.max_steps=4", "--set", "training.schedule.warmup_steps=3"])
      #expect(!risen.errors.contains("the warm-up takes"))
      // A constant rate needs none.
      let constant = try toy.train(
        "constant",
        [
          "--set", "training.max_steps=1", "--set",
          "training.schedule={ type: constant, peak_rate: 0.01 }",
        ])
      #expect(!constant.errors.contains("the warm-up takes"))
      #expect(try lines(of: "constant").first?["learning_rate"] as? Double == 0.01)
    }

    @Test("a memory that cannot be kept to leaves the output as empty as it was")
    func memory() throws {
      let outcome = try toy.train("run", ["--set", "training.memory=1 MB"])
      #expect(outcome.status == 78 && outcome.errors.contains("training.memory: expected at least"))
      #expect(toy.folder.names(in: "run") == [])
      #expect(try toy.train("run", ["--set", "training.max_steps=1"]).status == 0)
    }
  }
}
