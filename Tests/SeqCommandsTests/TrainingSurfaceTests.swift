import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// What training reads, and how it ends when it cannot go on.
  @Suite("train")
  struct TrainingSurfaceTests {
    let toy: ToyRun
    private let short = ["--set", "training.max_steps=8"]

    init() throws { toy = try ToyRun() }

    @Test("the same pairs in any form give the same model, bit for bit")
    func forms() throws {
      let folder = toy.folder
      let pairs = ToyRun.pairs(100, seed: 3)
      try folder.write("train.src", pairs.map { $0.source + "\n" }.joined())
      // Ends of lines as on Windows, and none after the last.
      try folder.write("train.trg", pairs.map(\.target).joined(separator: "\r\n"))
      try folder.write(
        "train.jsonl", pairs.map { #"{"en":"\#($0.source)","de":"\#($0.target)"}"# + "\n" }.joined()
      )
      try folder.write("columns.tsv", pairs.map { "\($0.target)\tnote\t\($0.source)\n" }.joined())
      #expect(try CommandLineTool.shell("gzip -k train.tsv", in: folder).status == 0)
      let forms = [
        "table": "{ pairs: train.tsv }",
        "files": "{ source: train.src, target: train.trg }",
        "columns": "{ pairs: columns.tsv, source_column: 3, target_column: 1 }",
        "json": "{ pairs: train.jsonl, source_key: en, target_key: de }",
        "gzip": "{ pairs: train.tsv.gz }",
        "input": "{ pairs: \"-\" }",
      ]
      for (name, form) in forms {
        let outcome = try toy.train(
          name, short + ["--set", "data.train=\(form)"], input: folder.text("train.tsv"))
        #expect(outcome.status == 0, "\(name): \(outcome.errors)")
        #expect(outcome.output == "")
      }
      let expected = try toy.result(of: "table")
      for name in forms.keys {
        #expect(try differences(toy.result(of: name), expected) == [], "\(name)")
      }
    }

    @Test("pairs that cannot be used are counted, and the first named")
    func skippedPairs() throws {
      let long = Array(repeating: "a", count: 300).joined(separator: " ")
      let pairs: [[UInt8]] = [
        Array("\ta\n".utf8), Array("no tab\n".utf8), Array("\(long)\ta\n".utf8),
        [0xFF, 0x09, 0x61, 0x0A],
      ]
      try toy.folder.write("train.tsv", toy.folder.bytes("train.tsv") + pairs.joined())
      let outcome = try toy.train("run", short)
      #expect(outcome.status == 0)
      for words in ["100 pairs", "line 101", "line 102", "line 103", "line 104"] {
        #expect(outcome.errors.contains(words), "\(words) in \(outcome.errors)")
      }
    }

    @Test("files of different lengths are an error that names both counts")
    func unequalFiles() throws {
      try toy.folder.write("a", "a b\nc d\ne f\n")
      try toy.folder.write("b", "b a\nd c\n")
      let outcome = try toy.train(
        "run",
        [
          "--set", "data.train={ source: a, target: b }", "--set", "tokenizer.type=byte",
          "--set", "tokenizer.vocabulary_size=null", "--set", "tokenizer.sampling=null",
        ])
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains("different numbers of lines"))
      #expect(outcome.errors.contains("has 3") && outcome.errors.contains("has 2"))
    }

    @Test("a configuration is refused with all its problems at once")
    func configurationProblems() throws {
      let outcome = try toy.train(
        "run", ["--set", "model.layers=3", "--set", "training.seed=x", "--set", "nonsense"])
      #expect(outcome.status == 78)
      #expect(outcome.errors.contains("3 problems"))
      for key in ["model.layers: unknown key", "training.seed: expected", "--set nonsense"] {
        #expect(outcome.errors.contains(key), "\(key)")
      }
      #expect(!toy.folder.contains("run"))
      let missing = try CommandLineTool.run(["train", toy.folder["none.yaml"]])
      #expect(missing.status == 66)
      #expect(missing.errors.contains("none.yaml: no such file"))
      #expect(
        try CommandLineTool.run(["train", toy.folder["toy.yaml"], "--workers", "0"]).status == 64)
    }

    #if os(Linux)
      @Test("there is a worker for each core that the process may run on, not each of the machine")
      func coresOfTheProcess() throws {
        let lowest = "$(taskset -cp $$ | sed 's/.*: *//; s/[,-].*//')"
        let started = try CommandLineTool.shell(
          "taskset -c \(lowest) \"$SEQ2SEQ\" train toy.yaml --output run", in: toy.folder)
        #expect(started.status == 0 && started.errors.contains(" with 1 worker,"), "\(started)")
      }
    #endif

    @Test(
      "a loss that is no number stops training with the step, the lines and the checkpoint",
      arguments: ["teacher_forcing", "professor_forcing", "minimum_risk"])
    func nonFiniteLoss(regime: String) throws {
      let absurd = [
        "--set", "training.schedule.peak_rate=1e38", "--set", "training.schedule.type=constant",
        "--set", "training.schedule.warmup_steps=0", "--set", "training.optimizer.clip_norm=null",
        "--set", "training.regime={ type: \(regime) }",
      ]
      let outcome = try toy.train("run", absurd + ["--set", "training.checkpoint_every_steps=1"])
      #expect(outcome.status == 65)
      let saved = try #require(toy.checkpoints(of: "run").last)
      #expect(outcome.errors.contains("step \(saved + 1): "))
      #expect(outcome.errors.contains("is not a finite number"))
      #expect(outcome.errors.contains("the batch held the pairs of lines "))
      #expect(outcome.errors.contains("the last good checkpoint is "))
      #expect(outcome.errors.contains("checkpoints/step-0000000\(saved)"))
      #expect(!toy.folder.contains("run/model.safetensors"))
      let unsaved = try toy.train("unsaved", absurd)
      #expect(unsaved.status == 65)
      #expect(unsaved.errors.contains("no checkpoint was saved"))
    }

    @Test("a full disk stops training with the last checkpoint whole, and --resume goes on")
    func fullDisk() throws {
      #expect(try toy.train("whole").status == 0)
      // No file above 24 blocks of 1024 bytes: the optimizer's, the largest, is cut off half-way.
      let arguments = "train toy.yaml --workers 2 --output"
      #expect(
        try CommandLineTool.shell(
          "\"$SEQ2SEQ\" \(arguments) full --set training.max_steps=10", in: toy.folder
        ).status == 0)
      let before = try toy.result(of: "full")
      let full = try CommandLineTool.shell(
        "trap '' XFSZ; ulimit -f 24; \"$SEQ2SEQ\" \(arguments) full --resume", in: toy.folder)
      #expect(full.status == 74)
      #expect(full.errors.contains("could not write it: File too large"))
      #expect(toy.checkpoints(of: "full").last == 10)
      #expect(toy.folder.names(in: "full/checkpoints").allSatisfy { !$0.hasSuffix(".partial") })
      #expect(
        toy.folder.names(in: "full/snapshots").allSatisfy { !$0.hasSuffix(".partial") })
      #expect(before["model.safetensors"] == (try toy.result(of: "full"))["model.safetensors"])
      #expect(try toy.train("full", ["--resume"]).status == 0)
      #expect(try differences(toy.result(of: "whole"), toy.result(of: "full")) == [])
    }

    @Test("training goes on when nobody reads its progress any more")
    func unreadProgress() throws {
      let outcome = try CommandLineTool.shell(
        "\"$SEQ2SEQ\" train toy.yaml --output run 2>&1 | head -1; echo ${PIPESTATUS[0]}",
        in: toy.folder)
      #expect(outcome.lines.last == "0")
      #expect(try toy.reportedSteps(of: "run").last == 30)
    }
  }
}
