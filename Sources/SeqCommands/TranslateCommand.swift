import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq translate`: turns lines of source into lines of target.
struct TranslateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "translate",
    abstract: "Translate text line by line.",
    discussion: """
      Reads standard input and writes standard output unless told otherwise. An empty line gives \
      an empty line; a line that cannot be translated gives an empty line and a message with its \
      number, and the exit code is 65.

        echo "A man rides a horse." | seq2seq translate runs/en-de
      """)

  @Argument(help: ArgumentHelp("The directory of a trained model.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("The text to translate.", valueName: "file"))
  var input = "-"

  @Option(help: ArgumentHelp("Where translations go, written when complete.", valueName: "file"))
  var output: String?

  @Option(help: "Hypotheses kept at every step; 1 is greedy search.")
  var beamSize = 5

  @Option(help: "Exponent of the GNMT length penalty; 0 compares plain log-probabilities.")
  var lengthPenalty = 1.0

  @Option(name: .customLong("n-best"), help: "Translations printed for each line.")
  var nBest = 1

  @Option(help: "Tokens a translation has at least.")
  var minLength = 0

  @Option(help: "Tokens a translation has at most (default: twice the source and 50).")
  var maxLength: Int?

  @Option(help: "Source tokens times beam size in one batch.")
  var batchTokens = 8192

  @OptionGroup var threads: WorkerOptions

  @Option(help: "text or jsonl.")
  var format: OutputFormat = .text

  enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case text, jsonl
  }

  func validate() throws {
    if batchTokens < 1 { throw ValidationError("--batch-tokens must be at least 1.") }
    if let maxLength, maxLength < 1 { throw ValidationError("--max-length must be at least 1.") }
  }

  func run() throws {
    try reportingErrors {
      let loaded = try ModelDirectory.load(URL(fileURLWithPath: model))
      let pool = ComputePool(
        workerCount: threads.count,
        store: loaded.model.store)
      let translator = try Translator(
        loaded.model, options: options, pool: pool, batchTokens: batchTokens)
      let lines = LineTranslator(
        translator: translator, codec: loaded.codec, format: format, nBest: nBest)
      let windows = try LineWindows(path: input)
      var failureCount = 0
      try withOutput(output) { write in
        while let window = try windows.next() {
          let (text, failures) = try lines.translate(window.lines, firstLine: window.firstLine)
          try write(text)
          for failure in failures { Console.note("Error: \(failure)") }
          failureCount += failures.count
        }
      }
      if failureCount > 0 { throw ExitCode.badData }
    }
  }

  private var options: SearchOptions {
    SearchOptions(
      beamSize: beamSize, nBest: nBest,
      lengthNormalization: lengthPenalty == 0 ? .none : .gnmt(alpha: lengthPenalty),
      minimumLength: LengthLimit(constant: Double(minLength)),
      maximumLength: maxLength.map { LengthLimit(constant: Double($0)) }
        ?? LengthLimit(perSourceToken: 2, constant: 50))
  }
}
