public import ArgumentParser
import Foundation
public import SeqKit

extension BuiltInTask: ExpressibleByArgument {}

/// `seq2seq demo`: a task that the toolkit makes itself, from data to a model that answers.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Train on a built-in task and show what was learned.",
    discussion: """
      Needs no data. The output directory is an ordinary training directory: translate reads it, \
      demo.yaml in it is the configuration, and test.tsv holds the pairs it was examined on, none \
      of which was trained on.

        seq2seq demo
        echo "Je suis étudiant" | seq2seq translate runs/demo-french

      french    phrasebook sentences into English
      reverse   letters in reverse order; also copy, sort, and append, which adds an x
      dates     many spellings of a day, into ISO 8601
      numbers   English and Korean words into digits and back; one direction alone is \
      english_to_digits, digits_to_english, korean_to_digits, digits_to_korean
      """)

  @Option(help: "What is learned.")
  var task: BuiltInTask = .french

  @Option(
    help: ArgumentHelp("Where the model goes (default: runs/demo-TASK).", valueName: "directory"))
  var output: String?

  @Flag(help: "Go on with an interrupted demonstration.")
  var resume = false

  @Option(
    help: ArgumentHelp(
      "Prints so many test pairs, tab-separated, and trains nothing.", valueName: "count"))
  var printPairs: Int?

  @Option(
    help: ArgumentHelp(
      "With --print-pairs: letters of the longest source, of reverse, copy, sort and append.",
      valueName: "letters"))
  var maxLength: Int?

  @Option(
    help: ArgumentHelp(
      "Ends training after so many steps, before anything is learned well.", valueName: "steps",
      visibility: .hidden))
  var maxSteps: Int?

  @OptionGroup var threads: WorkerOptions

  @Option(help: "What data and model are drawn from.")
  var seed: UInt64 = 1

  func validate() throws {
    if let printPairs, printPairs < 1 {
      throw ValidationError("--print-pairs must be at least 1.")
    }
    if let maxSteps, maxSteps < 1 {
      throw ValidationError("--max-steps must be at least 1.")
    }
    guard let maxLength else { return }
    if printPairs == nil {
      throw ValidationError("--max-length goes with --print-pairs; train with a configuration.")
    }
    if let problem = task.problem(maxLength: maxLength) {
      throw ValidationError("--max-length: \(problem).")
    }
  }

  func run() throws {
    try reportingErrors {
      if let printPairs { return try printTest(printPairs) }
      let folder = URL(fileURLWithPath: output ?? "runs/demo-\(task.rawValue)")
      let recipe = DemoRecipe(task, maxSteps: maxSteps ?? .max)
      let configuration = folder.appendingPathComponent("demo.yaml")
      let job = TrainingJob(
        try RunConfiguration(yaml: recipe.yaml(seed: seed), path: configuration.path),
        output: folder, workerCount: threads.count)
      let test = Array(try task.pairs(.test, count: recipe.testCount, seed: seed))
      try runInterruptibly(job, resuming: resume) {
        try SeqCheckpoints.AtomicFile.write(
          Array(recipe.yaml(seed: seed).utf8), to: configuration.path)
        try SeqCheckpoints.AtomicFile.write(
          test.flatMap { Array("\($0.source)\t\($0.target)\n".utf8) },
          to: folder.appendingPathComponent("test.tsv").path)
      }
      let report = try DemoReport(task, folder: folder, workerCount: job.workerCount)
      let style = try FigureOutput.parse([])
      try withOutput(nil) { try report.write(on: test, style: style, $0) }
    }
  }

  private func printTest(_ count: Int) throws {
    let pairs = try task.pairs(.test, count: count, seed: seed, maxLength: maxLength)
    try withOutput(nil) { write in
      for pair in pairs { try write("\(pair.source)\t\(pair.target)\n") }
    }
  }
}
