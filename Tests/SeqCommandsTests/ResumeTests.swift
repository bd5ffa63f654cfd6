import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// A run that was stopped, in whatever way, and went on equals one that was not, bit for bit.
  @Suite("resuming")
  struct ResumeTests {
    let toy: ToyRun

    init() throws { toy = try ToyRun() }

    @Test("killed at any moment, a resumed run ends with the same bits", arguments: [1, 2])
    func kills(workerCount: Int) throws {
      let workers = ["--workers", "\(workerCount)"]
      #expect(try toy.train("whole", workers).status == 0)
      var random = CountedRandom(11, UInt64(workerCount))
      var killsInside = 0
      // Twice at a random step, twice while a checkpoint is being written.
      for kill in 0..<4 {
        let target = reported(in: "killed") + Int.random(in: 0...4, using: &random)
        let leftovers = unfinishedCheckpoints(in: "killed")
        let run = try toy.start(
          "killed", workers + (toy.folder.contains("killed/training.json") ? ["--resume"] : []))
        let wasReached =
          kill % 2 == 0
          ? run.waits { reported(in: "killed") >= target }
          : run.waits { !unfinishedCheckpoints(in: "killed").isSubset(of: leftovers) }
        run.signal(SIGKILL)
        let outcome = try run.outcome()
        if !wasReached || outcome.status != 128 + SIGKILL { break }
        if !unfinishedCheckpoints(in: "killed").isSubset(of: leftovers) { killsInside += 1 }
        // Steps reported and not saved are made again.
        let saved = toy.checkpoints(of: "killed").last ?? 0
        #expect(try (toy.reportedSteps(of: "killed").last ?? 0) - saved <= 5)
      }
      #expect(killsInside > 0)
      #expect(try toy.train("killed", workers + ["--resume"]).status == 0)
      #expect(try differences(toy.result(of: "whole"), toy.result(of: "killed")) == [])
      #expect(try toy.reportedSteps(of: "killed") == Array(1...30))
      // Every session has an event file of its own.
      func names(in run: String) -> [String] {
        toy.folder.names(in: run).filter { !$0.contains("tfevents") }
      }
      #expect(names(in: "killed") == names(in: "whole"))
    }

    @Test(
      "a signal finishes the step, saves and ends with its status",
      arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func signals(number: Int32, status: Int32) throws {
      #expect(try toy.train("whole").status == 0)
      let run = try toy.start("stopped")
      #expect(run.waits { reported(in: "stopped") >= 8 })
      run.signal(number)
      let outcome = try run.outcome()
      #expect(outcome.status == status)
      let step = try #require(toy.reportedSteps(of: "stopped").last)
      #expect(outcome.errors.contains("stopped after step \(step), saved; go on with --resume"))
      #expect(toy.checkpoints(of: "stopped").last == step)
      // What is there can be used at once.
      #expect(
        try CommandLineTool.run(["translate", toy.folder["stopped"]], input: "a b\n").status == 0)
      let resumed = try toy.train("stopped", ["--resume"])
      #expect(resumed.status == 0)
      #expect(resumed.errors.contains("going on from step \(step)"))
      #expect(try differences(toy.result(of: "whole"), toy.result(of: "stopped")) == [])
    }

    @Test("a second signal ends at once, in the middle of a step")
    func secondSignal() throws {
      // One step of many seconds.
      let pair = "a b c d e f g h i j\tj i h g f e d c b a\n"
      try toy.folder.write("many.tsv", String(repeating: pair, count: 30_000))
      let run = try toy.start(
        "long", ["--set", "training.accumulation=1000000", "--set", "data.train.pairs=many.tsv"])
      defer { run.signal(SIGKILL) }
      #expect(run.waits { run.errors.contains("steps an epoch") })
      usleep(200_000)
      run.signal(SIGINT)
      usleep(100_000)
      #expect(run.process.isRunning, "the step is being finished")
      run.signal(SIGINT)
      let start = ContinuousClock.now
      #expect(try run.outcome().status == 130)
      #expect(ContinuousClock.now - start < .seconds(2))
      #expect(toy.checkpoints(of: "long") == [])
    }

    @Test("a finished run goes on to a later end as if it had been meant all along")
    func extending() throws {
      #expect(try toy.train("whole", ["--set", "training.max_steps=40"]).status == 0)
      #expect(try toy.train("grown", ["--set", "training.max_steps=20"]).status == 0)
      let grown = try toy.train("grown", ["--set", "training.max_steps=40", "--resume"])
      #expect(grown.status == 0)
      #expect(grown.errors.contains("going on from step 20"))
      #expect(try differences(toy.result(of: "whole"), toy.result(of: "grown")) == [])
      // To resume what is finished changes nothing.
      #expect(try toy.train("grown", ["--set", "training.max_steps=40", "--resume"]).status == 0)
      #expect(try differences(toy.result(of: "whole"), toy.result(of: "grown")) == [])
    }

    @Test("a run killed before its checkpoint still has the parameters that the last one averages")
    func snapshots() throws {
      let options = ["--set", "training.average_last=2"]
      #expect(try toy.train("whole", options).status == 0)
      let run = try toy.start("killed", options)
      // The end of the third epoch, at step 21, makes the first one's parameters dispensable.
      #expect(run.waits { toy.folder.contains("killed/snapshots/step-21.safetensors") })
      run.signal(SIGKILL)
      #expect(try run.outcome().status == 128 + SIGKILL)
      let saved = try #require(toy.checkpoints(of: "killed").last)
      // It may end right there.
      let ended = try toy.train(
        "killed", options + ["--resume", "--set", "training.max_steps=\(saved)"])
      #expect(ended.status == 0, "\(ended.errors)")
      #expect(try toy.train("killed", options + ["--resume"]).status == 0)
      #expect(try differences(toy.result(of: "whole"), toy.result(of: "killed")) == [])
    }

    @Test("patience and the best checkpoint survive")
    func patience() throws {
      let options = [
        "--set", "validation.every_epochs=null", "--set", "validation.every_steps=3",
        "--set", "validation.metrics=[loss]", "--set", "validation.patience=3",
        "--set", "training.average_last=0", "--set", "training.max_steps=1000",
        // Too fast to learn much: the loss soon rises.
        "--set", "training.schedule.peak_rate=0.5",
      ]
      let whole = try toy.train("whole", options)
      #expect(whole.status == 0)
      #expect(whole.errors.contains("validation brought nothing better"))
      let end = try #require(toy.reportedSteps(of: "whole").last)
      // In the middle of losing patience.
      let run = try toy.start("killed", options)
      #expect(run.waits { reported(in: "killed") >= end - 4 })
      run.signal(SIGKILL)
      #expect(try run.outcome().status == 128 + SIGKILL)
      let resumed = try toy.train("killed", options + ["--resume"])
      #expect(resumed.status == 0)
      #expect(resumed.errors.contains("validation brought nothing better"))
      #expect(try differences(toy.result(of: "whole"), toy.result(of: "killed")) == [])
      // The model is the best one, and the best one is kept.
      let best = try #require(toy.checkpoints(of: "whole").first)
      #expect(best < end - 6)
      #expect(
        toy.folder.bytes("whole/model.safetensors")
          == toy.folder.bytes(
            "whole/checkpoints/\(toy.folder.names(in: "whole/checkpoints")[0])/model.safetensors"))
      // More patience: it goes on.
      let patient = try toy.train(
        "killed", options + ["--resume", "--set", "validation.patience=5"])
      #expect(patient.status == 0)
      #expect(try (toy.reportedSteps(of: "killed").last ?? 0) > end)
    }

    @Test("standard input is kept for resuming")
    func standardInput() throws {
      let text = toy.folder.text("train.tsv")
      let options = ["--set", "data.train.pairs=-"]
      #expect(try toy.train("whole").status == 0)
      #expect(
        try toy.train("piped", options + ["--set", "training.max_steps=12"], input: text).status
          == 0)
      #expect(try toy.train("piped", options + ["--resume"]).status == 0)
      #expect(try differences(toy.result(of: "whole"), toy.result(of: "piped")) == [])
      // It is one file of the training pairs, and nothing is begun where something else is to be read.
      for key in ["validation.pairs", "alignments"] {
        let refused = try toy.train("refused", ["--set", "data.\(key)=-"], input: text)
        #expect(refused.status == 78)
        #expect(refused.errors.contains("is the standard input; expected a file"))
        #expect(!refused.errors.contains("learning a"), "\(refused.errors)")
      }
    }

    @Test("a changed configuration is refused, naming the keys as the file spells them")
    func changedConfiguration() throws {
      #expect(try toy.train("run", ["--set", "training.max_steps=5"]).status == 0)
      let before = try toy.result(of: "run")
      let outcome = try toy.train(
        "run",
        [
          "--resume", "--set", "training.label_smoothing=0.2",
          "--set", "data.train.source_column=3", "--seed", "8",
        ])
      #expect(outcome.status == 78)
      #expect(
        outcome.errors.contains(
          "(data.train.source_column, training.label_smoothing, training.seed)"))
      #expect(try differences(before, toy.result(of: "run")) == [])
      // A schedule that ends with the run is shaped by the run's end.
      let decay = ["--set", "training.schedule.type=linear", "--set", "training.max_steps=15"]
      #expect(try toy.train("linear", decay).status == 0)
      let later = try toy.train(
        "linear", decay + ["--resume", "--set", "training.max_steps=20"])
      #expect(later.status == 78)
      #expect(later.errors.contains("(training.max_steps)"))
    }

    @Test("a changed corpus is refused")
    func changedCorpus() throws {
      #expect(try toy.train("run", ["--set", "training.max_steps=5"]).status == 0)
      try toy.folder.write("train.tsv", toy.folder.text("train.tsv") + "a b\tb a\n")
      let outcome = try toy.train("run", ["--resume"])
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains("the corpus has changed since it was prepared"))
    }

    @Test("an empty directory cannot be resumed, a filled one not be started in")
    func wrongDirectory() throws {
      let nowhere = try toy.train("run", ["--resume"])
      #expect(nowhere.status == 66)
      #expect(nowhere.errors.contains("holds no run to resume: leave --resume away"))
      try FileManager.default.createDirectory(
        at: toy.folder.url("run"), withIntermediateDirectories: true)
      #expect(try toy.train("run", ["--resume"]).status == 66)
      try toy.folder.write("run/precious.txt", "mine")
      let filled = try toy.train("run")
      #expect(filled.status == 73)
      #expect(filled.errors.contains("is not empty: give another --output, or --resume"))
      #expect(toy.folder.names(in: "run") == ["precious.txt"])
      // What a process left that was killed before it began does not fill it.
      let leftover = "run/.training.json.0123456789abcdef.partial"
      try FileManager.default.moveItem(
        at: toy.folder.url("run/precious.txt"), to: toy.folder.url(leftover))
      #expect(try toy.train("run", ["--set", "training.max_steps=2"]).status == 0)
      #expect(!toy.folder.contains(leftover))
    }

    @Test("two processes do not train in one directory")
    func inUse() throws {
      let options = ["--set", "training.max_steps=1000000"]
      let run = try toy.start("run", options)
      defer { run.signal(SIGKILL) }
      #expect(run.waits { reported(in: "run") >= 1 })
      let other = try toy.train("run", options + ["--resume"])
      #expect(other.status == 73)
      #expect(other.errors.contains("is in use: another process trains in it"))
    }

    @Test("a run that fails before training leaves its directory empty")
    func failedPreparation() throws {
      let missing = try toy.train("run", ["--set", "data.train.pairs=nowhere.tsv"])
      #expect(missing.status == 66)
      #expect(missing.errors.contains("nowhere.tsv"))
      let large = try toy.train("run", ["--set", "tokenizer.vocabulary_size=9000"])
      #expect(large.status == 78)
      #expect(toy.folder.names(in: "run") == [])
      #expect(try toy.train("run", ["--set", "training.max_steps=2"]).status == 0)
    }

    // MARK: Watching a run

    /// The last step in metrics.jsonl, 0 without one.
    private func reported(in output: String) -> Int {
      (try? toy.reportedSteps(of: output))?.last ?? 0
    }

    /// The checkpoints that are on their way to their names, or were when their writer was killed.
    private func unfinishedCheckpoints(in output: String) -> Set<String> {
      Set(toy.folder.names(in: "\(output)/checkpoints").filter { $0.hasSuffix(".partial") })
    }
  }
}

/// All tests that start processes: one after the other, since each uses the cores there are.
@Suite("the command line", .serialized)
enum CommandLineTests {}
