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

      --forbid reads a word or phrase a line; no translation has the tokens that it is cut into. A \
      line that begins with ▁, and <unk>, is one token, spelled as 'tokenizer encode' writes it. \
      --prefix reads as many lines as the input has: what each translation begins with, in whole \
      words; an empty one leaves it free.

      --alignments adds to each translation " ||| " and for each of its tokens the source token it \
      was written from, as source-target, both counted from 0: 0-0 1-2. Tokens are those that \
      'tokenizer encode' prints; with jsonl, alignment holds the pairs and source_tokens the tokens.
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

  @Option(
    name: .customLong("no-repeat-ngram"),
    help: ArgumentHelp("Say no sequence of so many tokens twice.", valueName: "tokens"))
  var noRepeatNGram: Int?

  @Option(
    help: ArgumentHelp(
      "Multiply the log-probability of tokens said already; above 1 against repetition.",
      valueName: "factor"))
  var repetitionPenalty = 1.0

  @Option(help: ArgumentHelp("Words and phrases that must not come.", valueName: "file"))
  var forbid: String?

  @Option(help: ArgumentHelp("What the translations begin with.", valueName: "file"))
  var prefix: String?

  @Flag(help: "Say which source token each token was written from.")
  var alignments = false

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
    if minLength < 0 { throw ValidationError("--min-length must be at least 0.") }
    if let maxLength, maxLength < minLength {
      throw ValidationError("--min-length is \(minLength), more than --max-length, \(maxLength).")
    }
    if let noRepeatNGram, noRepeatNGram < 1 {
      throw ValidationError("--no-repeat-ngram must be at least 1.")
    }
    if !(repetitionPenalty > 0 && repetitionPenalty.isFinite) {
      throw ValidationError("--repetition-penalty must be a number above 0.")
    }
    if [input, forbid, prefix].count(where: { $0 == "-" }) > 1 {
      throw ValidationError("Only one of --input, --forbid and --prefix can be standard input.")
    }
  }

  func run() throws {
    try reportingErrors {
      let loaded = try ModelDirectory.load(URL(fileURLWithPath: model))
      let pool = ComputePool(
        workerCount: threads.count,
        store: loaded.model.store)
      let translator = try Translator(
        loaded.model, options: options, processors: try processors(loaded.codec), pool: pool,
        batchTokens: batchTokens)
      let lines = LineTranslator(
        translator: translator, codec: loaded.codec, format: format, nBest: nBest,
        aligner: alignments ? Aligner(loaded, pool: pool) : nil)
      let windows = try LineWindows(path: input)
      let prefixes = try prefix.map { try PrefixFile(path: $0) }
      var failureCount = 0
      try withOutput(output) { write in
        while let window = try windows.next() {
          let (text, failures) = try lines.translate(
            window.lines, prefixes: try prefixes?.next(window.lines.count),
            firstLine: window.firstLine)
          try write(text)
          for failure in failures { Console.note("Error: \(failure)") }
          failureCount += failures.count
        }
        try prefixes?.checkEnd()
      }
      if failureCount > 0 { throw ExitCode.badData }
    }
  }

  private func processors(_ codec: TextCodec) throws -> [any ScoreProcessor] {
    var processors: [any ScoreProcessor] = []
    if repetitionPenalty != 1 {
      processors.append(RepetitionPenalty(factor: Float(repetitionPenalty)))
    }
    if let noRepeatNGram { processors.append(NoRepeatNGram(size: noRepeatNGram)) }
    if let forbid {
      processors.append(ForbiddenPhrases(try PhraseFile(path: forbid, codec: codec).phrases))
    }
    return processors
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
