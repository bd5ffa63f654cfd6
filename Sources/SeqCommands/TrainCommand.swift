import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq train`: from raw parallel text to a model.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model on sentence pairs.",
    discussion: """
      The configuration is a YAML file; Examples/ has some with comments, \
      Documentation/Configuration.md every key. The output directory ends up with the model, its \
      tokenizer, metrics.jsonl and checkpoints.

        seq2seq train Examples/multi30k/transformer.yaml --output runs/en-de
        seq2seq train Examples/multi30k/transformer.yaml --output runs/en-de --resume

      Interrupted by Ctrl-C or SIGTERM it finishes the step, saves and stops; a second one stops \
      at once.
      """)

  @Argument(help: ArgumentHelp("The configuration.", valueName: "config.yaml"))
  var config: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Replaces a value of the configuration, as training.max_steps=1000; repeat it for more.",
      valueName: "key=value"))
  var settings: [String] = []

  @Option(
    help: ArgumentHelp(
      "Where the run lives (default: runs/ and the configuration's name).", valueName: "directory"))
  var output: String?

  @Flag(help: "Go on with the run in the output directory.")
  var resume = false

  @OptionGroup var threads: WorkerOptions

  @Option(help: "Replaces training.seed.")
  var seed: UInt64?

  func run() throws {
    try reportingErrors {
      var configuration = try RunConfiguration(yamlFile: config, settings: settings)
      if let seed { configuration.training.seed = seed }
      let name = URL(fileURLWithPath: config).deletingPathExtension().lastPathComponent
      let job = TrainingJob(
        configuration, output: URL(fileURLWithPath: output ?? "runs/" + name),
        workerCount: threads.count)
      try runInterruptibly(job, resuming: resume)
    }
  }
}

/// Runs a job with progress on standard error, and ends as the first signal asks; `whenStarted` is
/// called when the job has its directory and begins to train.
func runInterruptibly(
  _ job: TrainingJob, resuming: Bool, whenStarted: () throws -> Void = {}
) throws {
  let progress = TrainingProgress(output: job.output.path)
  InterruptSignal.install()
  var failure: (any Error)?
  let outcome: TrainingOutcome
  do {
    outcome = try withoutActuallyEscaping(whenStarted) { whenStarted in
      try job.run(
        resuming: resuming, isInterrupted: { InterruptSignal.received != nil || failure != nil },
        observe: { event in
          progress.show(event)
          guard case .started = event else { return }
          do { try whenStarted() } catch { failure = error }
        })
    }
  } catch let error as TextError where error.kind == .interrupted {
    Console.note("stopped before training began; nothing was kept")
    throw ExitCode(128 + (InterruptSignal.received ?? SIGINT))
  } catch let error as CheckpointError where progress.hasStarted {
    Console.note("training has stopped; when the cause is mended, go on with --resume")
    throw error
  }
  if let failure { throw failure }
  if outcome.reason == .interrupted, let signal = InterruptSignal.received {
    throw ExitCode(128 + signal)
  }
}
