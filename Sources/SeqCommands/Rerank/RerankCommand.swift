import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq rerank`: chooses among the translations of an n-best list by weighted features.
struct RerankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerank",
    abstract: "Choose from n-best lists by weighted features, or tune the weights.",
    discussion: """
      Reads what 'translate --n-best N' prints, as text or with --format jsonl, or lines of the form \
      "number ||| translation ||| name=value name=value". Prints the translation with the largest \
      weighted sum of features, one line a list.

      Features of a translation are every number that stands with it, by its name (score), and
      length        its tokens where the list tells them, else its words
      length_ratio  its characters for each character of the source, where the source is known
      NAME          of --feature NAME=FILE: a number a line for each translation of the list, in
                    order; the lines of 'seq2seq score' are read in both forms
      NAME          of --model NAME=DIR: its log-probability given the source by another model

      --weights names a file with a JSON object, {"score": 1, "length": 0.2}; a feature that it does \
      not name does not count. With --tune that file is written: minimum error rate training finds \
      weights that give the lists the best --metric against the references.

        seq2seq translate runs/en-de --input dev.en --n-best 10 --format jsonl > dev.jsonl
        seq2seq rerank dev.jsonl --tune --reference dev.de --weights weights.json
        seq2seq rerank test.jsonl --weights weights.json > test.out
      """)

  @Argument(help: ArgumentHelp("The lists; - is standard input.", valueName: "n-best"))
  var lists: String

  @Option(help: ArgumentHelp("Further numbers, one for each translation.", valueName: "name=file"))
  var feature: [NamedPath] = []

  @Option(help: ArgumentHelp("A model whose log-probability counts.", valueName: "name=dir"))
  var model: [NamedPath] = []

  @Option(help: ArgumentHelp("The source text, if the lists do not hold it.", valueName: "file"))
  var source: String?

  @Option(help: ArgumentHelp("What each feature counts; written by --tune.", valueName: "file"))
  var weights: String

  @Flag(help: "Find the weights instead of choosing.")
  var tune = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("References to tune for, one file for each set.", valueName: "file"))
  var reference: [String] = []

  @Option(help: "What to tune for.")
  var metric: MetricName = .bleu

  @OptionGroup var bleu: BLEUOptions

  @Option(help: ArgumentHelp("Weights that tuning starts from.", valueName: "file"))
  var start: String?

  @Option(help: "How often tuning begins anew at random weights.")
  var restarts = 10

  @Option(help: "What random weights and directions depend on.")
  var seed: UInt64 = 1

  @OptionGroup var threads: WorkerOptions

  @Option(
    help: ArgumentHelp(
      "Where translations go, written when complete; - is standard output.", valueName: "file"))
  var output: String?

  @Option(help: "text, or jsonl with the chosen translation, its place, score and features.")
  var format: TranslateCommand.OutputFormat = .text

  /// A name and the path it stands for.
  struct NamedPath: ExpressibleByArgument {
    let name: String
    let path: String

    init?(argument: String) {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
      name = String(parts[0])
      path = String(parts[1])
    }
  }

  func validate() throws {
    if metric == .aer {
      throw ValidationError("--metric aer is of links between words, not of translations.")
    }
    if tune && reference.isEmpty { throw ValidationError("--tune needs --reference.") }
    if !tune && !(reference.isEmpty && start == nil) {
      throw ValidationError("--reference and --start have a meaning with --tune only.")
    }
    if tune && output != nil { throw ValidationError("--tune writes weights and no --output.") }
    if !tune && !bleu.given.isEmpty {
      throw ValidationError("\(bleu.given[0]) has a meaning with --tune only.")
    }
    if restarts < 0 { throw ValidationError("--restarts must be at least 0.") }
    var names: Set<String> = []
    for name in (feature + model).map(\.name) where !names.insert(name).inserted {
      throw ValidationError("Two features are named \(name).")
    }
  }

  func run() throws {
    try reportingErrors {
      // The small files first: what is wrong with them should not take long to learn.
      let given = try (tune ? start : weights).map { try WeightFile(path: $0).weights }
      var file = try NBestFile(path: lists)
      try addFeatures(to: &file)
      if tune {
        try tune(file, from: given)
      } else {
        try choose(from: file, given ?? [:])
      }
    }
  }

  private func addFeatures(to file: inout NBestFile) throws {
    if let source { try file.readSources(path: source) }
    file.addLengths()
    for feature in feature { try file.addFeature(feature.name, path: feature.path) }
    for model in model {
      let loaded = try ModelDirectory.load(URL(fileURLWithPath: model.path))
      let pool = ComputePool(workerCount: threads.count, store: loaded.model.store)
      try file.addScores(model.name, of: loaded, pool)
    }
  }

  // MARK: Choosing

  private struct Line: Encodable {
    var source: String?
    var translation: String
    /// The place in the list, from 0.
    var index: Int?
    var score: Double?
    var features: [String: Double]?
  }

  private func choose(from file: NBestFile, _ weights: [String: Double]) throws {
    // What counts nothing need not be there.
    let counted = weights.filter { $0.value != 0 }.sorted { $0.key < $1.key }
    let (names, values) = (counted.map(\.key), counted.map(\.value))
    let reranker = LinearReranker(weights: values)
    let features = try file.features(names)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try withOutput(output) { write in
      for (list, features) in zip(file.lists, features) {
        let best = reranker.best(of: features)
        let text = best.map { list.hypotheses[$0].text } ?? ""
        guard format == .jsonl else {
          try write(AnswerFormat.oneLine(text) + "\n")
          continue
        }
        let line = Line(
          source: list.source, translation: text, index: best,
          score: best.map { reranker.score(features[$0]) },
          features: best.map { list.hypotheses[$0].features })
        try write(String(decoding: try encoder.encode(line), as: UTF8.self) + "\n")
      }
    }
  }

  // MARK: Tuning

  private func tune(_ file: NBestFile, from origin: [String: Double]?) throws {
    let references = try reference.map { try SegmentFile(path: $0).lines }
    for (path, lines) in zip(reference, references) where lines.count != file.lists.count {
      throw TextError(
        .badData, file: path,
        found: "\(lines.count) lines, but \(lists) has \(file.lists.count) lists",
        expected: "a reference for every list")
    }
    guard !file.lists.isEmpty else {
      throw TextError(.badData, file: lists, found: "no lists", expected: "at least one")
    }
    let names = try file.featureNames()
    guard !names.isEmpty else {
      throw TextError(
        .badData, file: lists, found: "no list with more than one translation",
        expected: "something to choose from", hint: "Translate with --n-best.")
    }
    // What the search ranked by, unless told otherwise.
    let start = names.map { name in
      origin.map { $0[name] ?? 0 } ?? (name == "score" ? 1 : 0)
    }
    let features = try file.features(names).map { $0.isEmpty ? [names.map { _ in 0 }] : $0 }
    let (weights, before, after) = tuned(
      features, texts: file.lists.map { $0.hypotheses.isEmpty ? [""] : $0.hypotheses.map(\.text) },
      references: references, from: start)
    try WeightFile(weights: Dictionary(uniqueKeysWithValues: zip(names, weights))).write(
      to: self.weights)
    Console.note(
      metric.rawValue + String(format: " %.4f, tuned %.4f", before, after)
        + " on \(file.lists.count) lists of \(file.hypothesisCount) translations")
    for (name, weight) in zip(names, weights) {
      Console.note("  \(name) " + String(format: "%.6g", weight))
    }
  }

  /// Weights, and the metric before and after.
  private func tuned(
    _ features: [[[Double]]], texts: [[String]], references: [[String]], from start: [Double]
  ) -> (weights: [Double], before: Double, after: Double) {
    func tuned(_ metric: some CorpusMetric) -> (weights: [Double], before: Double, after: Double) {
      let tuning = WeightTuning(
        metric, lowerIsBetter: self.metric.countsErrors, lists: features,
        statistics: texts.enumerated().map { segment, texts in
          texts.map { text in
            metric.statistics(hypothesis: text, references: references.map { $0[segment] })
          }
        })
      let (weights, value) = tuning.tuned(from: start, restartCount: restarts, seed: seed)
      return (weights, tuning.value(of: start), value)
    }
    return tuned(metric.metric(bleu))
  }
}

extension MetricName {
  /// Whether less is better.
  fileprivate var countsErrors: Bool {
    switch self {
    case .ter, .wer, .cer, .per: true
    default: false
    }
  }

  /// The metric with its usual settings, BLEU with those given.
  fileprivate func metric(_ bleu: BLEUOptions) -> any CorpusMetric {
    switch self {
    case .bleu: bleu.metric(lowercase: false, effectiveOrder: false)
    case .chrf: CHRF()
    case .chrfPlusPlus: CHRF(wordOrder: 2)
    case .ter: TER()
    case .rouge1: ROUGE(.ngrams(1))
    case .rouge2: ROUGE(.ngrams(2))
    case .rougeL: ROUGE(.longestSubsequence)
    case .rougeLsum: ROUGE(.summary)
    case .rougeLCOCO: COCORougeL()
    case .exactMatch: ExactMatch()
    case .wer: ErrorRate(.word)
    case .cer: ErrorRate(.character)
    case .per: ErrorRate(.phoneme)
    case .aer: AlignmentErrorRate()
    }
  }
}
