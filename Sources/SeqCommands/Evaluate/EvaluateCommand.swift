import ArgumentParser
import SeqKit

/// `seq2seq evaluate`: scores lines of output against lines of references.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Score output against references, with the figures of sacreBLEU and rouge-score.",
    discussion: """
      Files hold one segment a line in UTF-8, .gz or not; an empty line is a segment. One \
      --hypothesis prints a line for each metric, several print a table.

      bleu          n-grams of words shared with the references, 0-100
      chrf          n-grams of characters, recall twice as important, 0-100
      chrf++        the same with single words and pairs of words
      ter           edits and shifts a hundred words of the references
      rouge1        words of summaries shared with the references, 0-100
      rouge2        pairs of words
      rougeL        the longest sequence of words in common
      rougeLsum     the same sentence by sentence
      rougeL_coco   the same as captions are scored, recall 1.2 times as important
      exact_match   segments right in every token, of a hundred
      wer           edits a hundred words of the references
      cer           edits a hundred characters
      per           edits a hundred phonemes, which stand between white space
      aer           how far links between words (0-0 1-2) are from people's, 0-100

      Where segments have unequal numbers of references, as words have pronunciations, wer, cer, per \
      and exact_match take an empty line beside others for no reference, and of the others the one \
      with the fewest edits. What is called the word error rate of pronunciations is 100 minus \
      exact_match.

      Japanese and Korean BLEU by MeCab needs a dictionary and is not here: char serves for both, \
      ko-syllable for Korean. ROUGE of another script than Latin needs --rouge-tokenize unicode.

        seq2seq evaluate --hypothesis output.de --reference test.de --json
        seq2seq evaluate --hypothesis said --reference first second --metric per
        seq2seq evaluate --hypothesis old --hypothesis new --reference gold --bootstrap 1000
      """)

  @Option(help: ArgumentHelp("Output to score; repeat it to compare.", valueName: "file"))
  var hypothesis: [String]

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("References, one file for each set of them.", valueName: "file"))
  var reference: [String]

  @Option(help: ArgumentHelp("The source text, for metrics that read it.", valueName: "file"))
  var source: String?

  @Option(help: "What to compute; repeat it for more.")
  var metric: [MetricName] = [.bleu]

  @Flag(help: "Compare in lower case; ter and all rouge do so anyway.")
  var lowercase = false

  @Flag(help: "Print a line for each segment instead, of one metric and one system.")
  var sentenceLevel = false

  @Flag(help: "Print JSON: one object, or a list when there are several.")
  var json = false

  @Option(help: ArgumentHelp("Digits after the point of a score.", valueName: "digits"))
  var width = 1

  @OptionGroup var significance: SignificanceOptions
  @OptionGroup var bleu: BLEUOptions
  @OptionGroup var chrf: CHRFOptions
  @OptionGroup var ter: TEROptions
  @OptionGroup var rouge: ROUGEOptions

  func validate() throws {
    if !(0...17).contains(width) {
      throw ValidationError("--width is \(width); it must be from 0 to 17.")
    }
    if hypothesis.isEmpty || reference.isEmpty {
      throw ValidationError("Give at least one --hypothesis and one --reference.")
    }
    try validateFamilies()
    if sentenceLevel {
      if Set(metric).count > 1 || hypothesis.count > 1 {
        throw ValidationError("--sentence-level takes one --metric and one --hypothesis.")
      }
      if significance.resampling != nil {
        throw ValidationError(
          "--sentence-level has no meaning with --bootstrap or --randomization.")
      }
    }
    if significance.randomization != nil && hypothesis.count == 1 {
      throw ValidationError(
        "--randomization compares systems: give --hypothesis twice; for how sure the figure of one "
          + "is, use --bootstrap.")
    }
  }

  /// Options of a metric that is not computed are a mistake.
  private func validateFamilies() throws {
    let families = Set(metric.map(\.family))
    let options: [(MetricName.Family, [String], String)] = [
      (.bleu, bleu.given, "bleu"), (.chrf, chrf.given, "chrf or chrf++"), (.ter, ter.given, "ter"),
      (.rouge, rouge.given, "one of rouge"),
    ]
    for (family, given, names) in options where !families.contains(family) {
      if let option = given.first {
        throw ValidationError("\(option) has no meaning without --metric \(names).")
      }
    }
    if chrf.chrfWordOrder != nil, !metric.contains(.chrf) {
      throw ValidationError(
        "--chrf-word-order has no meaning with chrf++, whose order is 2; use --metric chrf.")
    }
    if rouge.rougeNewline != nil, !metric.contains(where: Self.readsNewlines) {
      throw ValidationError("--rouge-newline has no meaning with rougeL_coco.")
    }
  }

  private static func readsNewlines(_ name: MetricName) -> Bool {
    name.family == .rouge && name != .rougeLCOCO
  }

  func run() throws {
    try reportingErrors {
      let text = try output()
      try withOutput(nil) { write in try write(text + "\n") }
    }
  }

  /// What goes to standard output, without the last line break.
  private func output() throws -> String {
    let references = try reference.map { try SegmentFile(path: $0) }
    let hypotheses = try hypothesis.map { try SegmentFile(path: $0) }
    let sources = try source.map { [try SegmentFile(path: $0)] } ?? []
    try checkCounts(of: hypotheses + references + sources)
    let gold = references.map(\.lines)
    if metric.contains(.aer) { try checkLinks(of: hypotheses + references) }

    if sentenceLevel {
      let reports = try metrics[0].segmentReports(
        hypotheses: hypotheses[0].lines, references: gold)
      return json ? jsonList(reports.map { $0.json(width: width) }, always: true) : lines(reports)
    }
    if let resampling = significance.resampling, hypotheses.count > 1 {
      let comparison = try SystemComparison(
        systems: hypotheses.map { ($0.path, $0.lines) }, references: gold, metrics: metrics,
        resampling: resampling)
      return json ? comparison.json : comparison.text(width: width)
    }
    let reports = try hypotheses.map { file in
      try metrics.map {
        try $0.report(
          hypotheses: file.lines, references: gold, resampling: significance.resampling)
      }
    }
    return json ? jsonText(reports) : reports.count == 1 ? lines(reports[0]) : table(reports)
  }

  private var metrics: [any CorpusMetric] {
    var seen: Set<MetricName> = []
    return metric.filter { seen.insert($0).inserted }.map { name in
      switch name {
      case .bleu: bleu.metric(lowercase: lowercase, effectiveOrder: sentenceLevel)
      case .chrf: chrf.metric(wordOrder: nil, lowercase: lowercase)
      case .chrfPlusPlus: chrf.metric(wordOrder: 2, lowercase: lowercase)
      case .ter: ter.metric
      case .rouge1: rouge.metric(.ngrams(1))
      case .rouge2: rouge.metric(.ngrams(2))
      case .rougeL: rouge.metric(.longestSubsequence)
      case .rougeLsum: rouge.metric(.summary)
      case .rougeLCOCO: rouge.coco
      case .exactMatch: ExactMatch(lowercase: lowercase)
      case .wer: ErrorRate(.word, lowercase: lowercase)
      case .cer: ErrorRate(.character, lowercase: lowercase)
      case .per: ErrorRate(.phoneme, lowercase: lowercase)
      case .aer: AlignmentErrorRate()
      }
    }
  }

  /// Every file must have as many lines as the first hypothesis file, and that at least one.
  private func checkCounts(of files: [SegmentFile]) throws {
    let first = files[0]
    if first.lines.isEmpty { throw SegmentFileError.empty(path: first.path) }
    for file in files where file.lines.count != first.lines.count {
      throw SegmentFileError.unequalCounts(first: first, second: file)
    }
  }

  /// Lines of alignments hold links and nothing else.
  private func checkLinks(of files: [SegmentFile]) throws {
    for file in files {
      for (index, line) in file.lines.enumerated() {
        guard let problem = AlignmentErrorRate.problem(inLine: line) else { continue }
        throw TextError(.badData, file: file.path, line: index + 1, found: problem)
      }
    }
  }

  // MARK: Output

  private func lines(_ reports: [MetricReport]) -> String {
    reports.map { $0.line(width: width) }.joined(separator: "\n")
  }

  private func jsonText(_ reports: [[MetricReport]]) -> String {
    let objects = zip(hypothesis, reports).flatMap { path, reports in
      reports.map { $0.json(width: width, system: hypothesis.count > 1 ? path : nil) }
    }
    return jsonList(objects, always: false)
  }

  private func jsonList(_ objects: [String], always: Bool) -> String {
    objects.count == 1 && !always ? objects[0] : "[\n" + objects.joined(separator: ",\n") + "\n]"
  }

  /// One row a hypothesis file and one column a metric, then the signatures.
  private func table(_ reports: [[MetricReport]]) -> String {
    let header = ["system"] + reports[0].map(\.name)
    let rows = zip(hypothesis, reports).map { path, reports in
      [path] + reports.map { $0.formattedScore(width: width) }
    }
    let signatures = reports[0].map { "\($0.name)  \($0.signature)" }
    return ([aligned([header] + rows), ""] + signatures).joined(separator: "\n")
  }
}
