public import ArgumentParser
import Foundation
public import SeqKit

/// `seq2seq translate`: turns lines of source into lines of target.
struct TranslateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "translate",
    abstract: "Translate text line by line.",
    discussion: """
      Reads standard input and writes standard output unless told otherwise. An empty line, or one \
      of spaces and tabs, gives an empty line; a line that cannot be translated gives an empty line \
      and a message with its number, and the exit code is 65.

        echo "A man rides a horse." | seq2seq translate runs/en-de

      Several models with one tokenizer are searched as one, an ensemble.

      --sample draws translations: --n-best of them, or with --samples the best --n-best of so many. \
      A token is drawn from those that --typical leaves, of which it must be among the likeliest by \
      each of --top-k, --top-p and --min-p.

      --forbid reads a word or phrase a line; no translation has the tokens that it is cut into, one \
      after the other. The same text can still come in other tokens, and a token that begins other \
      words too is forbidden in them as well. --require reads words and phrases that every \
      translation has, --require-lines those of each line. A phrase that begins with ▁, and <unk>, is \
      one token, spelled as 'tokenizer encode' writes it. --prefix reads as many lines as the input \
      has: what each translation begins with, in whole words; an empty one leaves it free.

      --alignments adds to each translation " ||| " and for each of its tokens the source token it \
      was written from, as source-target, both counted from 0: 0-0 1-2. Tokens are those that \
      'tokenizer encode' prints; with jsonl, alignment holds the pairs and source_tokens the tokens.

      --stream takes line after line and writes each translation as far as it is certain: greedy \
      search token by token, a beam what all its hypotheses share. With jsonl, objects {"line", \
      "addition"} come before that of the line.
      """)

  @Argument(
    help: ArgumentHelp("The directories of trained models, or checkpoints.", valueName: "model"))
  var models: [String]

  @Option(help: ArgumentHelp("The text to translate.", valueName: "file"))
  var input = "-"

  @Option(
    help: ArgumentHelp(
      "Where translations go, written when complete; - is standard output.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Search") var search: SearchFlags
  @OptionGroup(title: "Sampling") var sampling: SamplingFlags
  @OptionGroup(title: "Constraints") var constraints: ConstraintFlags
  @OptionGroup(title: "Constraints") var beginning: FirstTokenOption

  @Option(
    help: ArgumentHelp(
      "How several models become one: linear (mean of probabilities, the default) or log_linear "
        + "(of their logarithms).", valueName: "rule"))
  var ensemble: EnsembleSteps.Combination?

  @Flag(help: "Write translations while they grow.")
  var stream = false

  @Flag(help: "Say which source token each token was written from.")
  var alignments = false

  @Flag(help: "With jsonl, add the weight that each token gave to each source token.")
  var attention = false

  @Option(
    help: ArgumentHelp(
      "float32, bfloat16 or int8: what matrices are rounded to (default: what the model was "
        + "quantized to, or float32).", valueName: "type"))
  var precision: Precision?

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
    if ([input] + constraints.files).count(where: { $0 == "-" }) > 1 {
      throw ValidationError("Only one of the files can be standard input.")
    }
    if stream && (search.nBest > 1 || (sampling.samples ?? 1) > 1) {
      throw ValidationError(
        "--stream writes one translation of a line, --n-best or --samples asks for more.")
    }
    if attention && format != .jsonl {
      throw ValidationError("--attention needs --format jsonl.")
    }
    if sampling.sample && (constraints.require != nil || constraints.requireLines != nil) {
      throw ValidationError("Required phrases have to be searched for; leave --sample out.")
    }
    if sampling.sample, let option = search.givenForBeams.first {
      throw ValidationError("--\(option) has no meaning with --sample, which keeps no beam.")
    }
    if sampling.mbr != nil, let option = search.givenForScores.first {
      throw ValidationError(
        "--\(option) has no meaning with --mbr, which ranks samples by one another.")
    }
    if ensemble != nil && models.count == 1 {
      throw ValidationError("--ensemble has no meaning with one model.")
    }
    if stream && constraints.replaceUnknown {
      throw ValidationError("--replace-unknown needs whole translations, which --stream has not.")
    }
  }

  func run() throws {
    try reportingErrors {
      let input = try TranslationInput(
        path: input, prefixes: constraints.prefix, required: constraints.requireLines)
      let members = try ModelEnsemble.load(models.map { URL(fileURLWithPath: $0) })
      let loaded = try beginning.applied(to: members[0])
      let looksAtSource = alignments || attention || constraints.replaceUnknown
      if looksAtSource, members.count > 1, !loaded.model.configuration.attendsToSource {
        throw ValidationError(
          "--alignments, --attention and --replace-unknown look at the first model of an ensemble; "
            + "\(models[0]) has no attention, so name another one first.")
      }
      let search = search.completed(by: members[0].generation)
      let pool = ComputePool(
        workerCount: threads.count, store: loaded.model.store, precision: precision)
      let translator = Translator(
        members.count == 1
          ? loaded.model : ModelEnsemble(members.map(\.model), combination: ensemble ?? .linear),
        search: try targetSearch(loaded, search.options(members[0].generation), search),
        pool: pool, batchTokens: batchTokens)
      let lines = LineTranslator(
        translator: translator, codec: loaded.codec,
        format: AnswerFormat(codec: loaded.codec, format: format, isList: search.nBest > 1),
        ranking: sampling.ranking(search),
        aligner: looksAtSource ? try Aligner(loaded, pool: pool) : nil,
        showsAlignments: alignments, showsAttention: attention,
        replacement: try constraints.replacement(loaded.codec),
        requiredPhrases: try constraints.requiredPhrases(loaded.codec),
        phraseReader: constraints.requireLines.map { _ in PhraseReader(loaded.codec) })
      var failureCount = 0
      try withOutput(output) { failureCount = try translate(input, by: lines, write: $0) }
      // Only now, since what has been translated is worth keeping.
      try input.checkEnd()
      if failureCount > 0 { throw ExitCode.badData }
    }
  }

  private func targetSearch(
    _ loaded: ModelDirectory, _ options: SearchOptions, _ search: SearchFlags
  ) throws -> any TargetSearch {
    let processors = try constraints.processors(loaded.codec, loaded.generation)
    return sampling.sample
      ? try Sampling(sampling.options(search), processors: processors)
      : try BeamSearch(options, processors: processors)
  }

  /// Translates the input and gives the number of lines that could not be.
  private func translate(
    _ input: TranslationInput, by lines: LineTranslator, write: (String) throws -> Void
  ) throws -> Int {
    var failureCount = 0
    while let window = try input.next() {
      let failures: [String]
      if stream {
        failures = try lines.stream(window, write: write)
      } else {
        let (text, problems) = try lines.translate(window)
        try write(text)
        failures = problems
      }
      for failure in failures { Console.note("Error: \(failure)") }
      failureCount += failures.count
    }
    return failureCount
  }
}

extension EnsembleSteps.Combination: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
