import Foundation
import SeqCommands
import SeqKit
import Testing

/// Built-in tasks as a person meets them: named in a configuration, and printed.
@Suite struct BuiltInTaskSurfaceTests {
  private static let configuration = """
    data:
      train: { task: copy, pair_count: 300 }
      validation: { task: copy, pair_count: 20 }
    tokenizer: { type: whitespace }
    model: { type: transformer, layer_count: 1, embedding_size: 16, feed_forward_size: 32, head_count: 2 }
    training: { batch_sentences: 32, max_steps: 12, report_every_steps: 4, checkpoint_every_steps: 6 }
    validation: { every_steps: 6, metrics: [loss, bleu, chrf, rouge, exact_match] }

    """

  @Test("A task trains, resumes to the same model, and refuses other pairs")
  func training() throws {
    let folder = try TestFolder()
    try folder.write("task.yaml", Self.configuration)
    func train(_ output: String, _ more: String...) throws -> CommandLineTool.Outcome {
      try CommandLineTool.run(["train", folder["task.yaml"], "--output", folder[output]] + more)
    }
    let whole = try train("whole")
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(whole.errors.contains("preparing 300 train pairs of the task copy"))
    #expect(whole.errors.contains("training data: 300 pairs"))
    // One decoding serves all metrics on text.
    #expect(whole.errors.contains("chrF2 ") && whole.errors.contains("ROUGE-L "))
    let validations = try MetricsHistory(path: folder["whole/metrics.jsonl"])
    for name in ["loss", "perplexity", "bleu", "chrf", "rouge", "exact_match"] {
      #expect(validations["validation_" + name].count == 2, "\(name)")
    }
    #expect(validations["validation_accuracy"].isEmpty)
    // The schedule is constant without decay, so a shorter run is the beginning of a longer one.
    let half = try train("half", "--set", "training.max_steps=6")
    #expect(half.status == 0, "\(half.errors)")
    let rest = try train("half", "--resume")
    #expect(rest.status == 0, "\(rest.errors)")
    #expect(folder.bytes("half/model.safetensors") == folder.bytes("whole/model.safetensors"))
    let changed = try train("half", "--resume", "--set", "data.train.pair_count=301")
    #expect(changed.status == 78)
    #expect(changed.errors.contains("data.train.pair_count"), "\(changed.errors)")
    let answer = try CommandLineTool.run(["translate", folder["whole"]], input: "a b c\n")
    #expect(answer.status == 0 && answer.lines.count == 1)
  }

  @Test("More pairs than there are end a run before it begins")
  func exhaustion() throws {
    let folder = try TestFolder()
    try folder.write("task.yaml", Self.configuration)
    let outcome = try CommandLineTool.run([
      "train", folder["task.yaml"], "--output", folder["run"], "--set", "data.train.task=dates",
      "--set", "data.train.pair_count=2000000",
    ])
    #expect(outcome.status == 78)
    #expect(outcome.errors.contains("2000000 pairs of the task dates"), "\(outcome.errors)")
    #expect(outcome.errors.contains("Lower pair_count"))
    #expect(folder.names(in: "run").isEmpty)
  }

  @Test("The demonstration prints pairs, and refuses tasks that it does not know")
  func printing() throws {
    let outcome = try CommandLineTool.run(["demo", "--print-pairs", "3"])
    #expect(outcome.status == 0)
    let expected = try BuiltInTask.french.pairs(.test, count: 3).map {
      "\($0.source)\t\($0.target)"
    }
    #expect(outcome.lines == expected)
    let long = try CommandLineTool.run(
      ["demo", "--task", "reverse", "--print-pairs", "40", "--max-length", "20"])
    #expect(long.lines.map { $0.split(separator: "\t")[0].count }.max() ?? 0 > 19)
    for options in [["--max-length", "20"], ["--print-pairs", "3", "--max-length", "20"]] {
      #expect(try CommandLineTool.run(["demo"] + options).status == 64)
    }
    let unknown = try CommandLineTool.run(["demo", "--task", "frnch"])
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("french"), "\(unknown.errors)")
  }

  @Test("The demonstration trains, translates what it did not train on and draws what it looked at")
  func demonstration() throws {
    let folder = try TestFolder()
    let run = folder["run"]
    let outcome = try CommandLineTool.run(
      ["demo", "--task", "copy", "--output", run, "--max-steps", "20"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("finished after 20 steps"), "\(outcome.errors)")
    #expect(folder.text("run/demo.yaml") == DemoRecipe(.copy, maxSteps: 20).yaml(seed: 1))
    #expect(folder.text("run/demo.yaml").contains("max_steps: 20\n"))

    let test = try BuiltInTask.copy.pairs(.test, count: 512).map { ($0.source, $0.target) }
    #expect(
      folder.text("run/test.tsv") == test.map { "\($0.0)\t\($0.1)\n" }.joined())
    // What it prints is what translate writes.
    let translated = try CommandLineTool.run(
      ["translate", run, "--beam-size", "1", "--max-length", "8x+50", "--batch-tokens", "4096"],
      input: test.map { $0.0 + "\n" }.joined())
    let answers = zip(test, translated.lines).map { "\($0.0)  →  \($1)" }
    #expect(answers.count == 512, "\(translated.errors)")
    let lines = outcome.lines
    let shown = lines.filter { $0.contains("  →  ") && !$0.contains("wrong:") }
    #expect(shown == Array(answers.prefix(6)))
    #expect(lines.contains { $0.hasPrefix("cross-attention, layer 1 of 2") })
    #expect(folder.text("run/attention.svg").hasPrefix("<svg xmlns="))
    let right = zip(test, translated.lines).count { $0.1 == $1 }
    #expect(lines.contains("\(right) of 512 unseen sequences exactly right"))
    #expect(lines.contains { $0.hasPrefix("  wrong: ") && $0.contains("  instead of  ") })
    #expect(lines.last?.hasPrefix("Try it: echo \"\(test[0].0)\" | ") == true)

    let again = try CommandLineTool.run(["demo", "--task", "copy", "--output", run])
    #expect(again.status == 73, "\(again.errors)")
    #expect(try CommandLineTool.run(["demo", "--max-steps", "0"]).status == 64)
    #expect(try !CommandLineTool.run(["demo", "--help"]).output.contains("--max-steps"))
  }

  @Test(
    "Every recipe of the demonstration is a sound configuration", arguments: BuiltInTask.allCases)
  func recipes(_ task: BuiltInTask) throws {
    let yaml = DemoRecipe(task).yaml(seed: 7)
    let configuration = try RunConfiguration(yaml: yaml, path: "/runs/demo.yaml")
    guard
      case .task(task, fold: .train, let pairCount, seed: 7, maxLength: nil) =
        configuration.data.train
    else {
      Issue.record("\(configuration.data.train)")
      return
    }
    #expect(pairCount >= 10_000)
    #expect(configuration.training.seed == 7)
  }

  @Test(
    "The examples say at length what the demonstration trains", arguments: ["french", "reverse"])
  func examples(_ name: String) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("Examples/\(name)/transformer.yaml").path
    let task = try #require(BuiltInTask(rawValue: name))
    let example = try RunConfiguration(yamlFile: path, environment: [:])
    #expect(example == (try RunConfiguration(yaml: DemoRecipe(task).yaml(seed: 1), path: path)))
  }
}
