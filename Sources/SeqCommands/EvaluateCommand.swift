public import ArgumentParser
import Foundation
public import SeqKit

/// `seq2seq evaluate`: scores lines of output against lines of references.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Score output against references; BLEU with the figures of sacreBLEU.",
    discussion: """
      Files hold one segment a line in UTF-8, .gz or not; an empty line is a segment. One \
      --hypothesis prints a line for each metric, several print a table.

      bleu          n-grams shared with the references, 0-100
      exact_match   segments right in every token, of a hundred
      wer           edits a hundred words of the references
      cer           edits a hundred characters
      per           edits a hundred phonemes, which stand between white space

      Where segments have unequal numbers of references, as words have pronunciations, wer, cer, per \
      and exact_match take an empty line beside others for no reference, and of the others the one \
      with the fewest edits. What is called the word error rate of pronunciations is 100 minus \
      exact_match.

        seq2seq evaluate --hypothesis output.de --reference test.de --json
        seq2seq evaluate --hypothesis said --reference first second --metric per
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

  @Option(help: "How BLEU cuts lines into words.")
  var tokenize: BLEU.Tokenizer = .mteval13a

  @Option(help: "What BLEU makes of n-gram orders without a match.")
  var smoothMethod: SmoothMethod = .exp

  @Option(
    help: ArgumentHelp(
      "The value of floor (0.1 unless given) or add-k (1 unless given).", valueName: "number"))
  var smoothValue: Double?

  @Flag(help: "Compare in lower case.")
  var lowercase = false

  @Flag(help: "Print JSON: one object, or a list when there are several.")
  var json = false

  @Option(help: ArgumentHelp("Digits after the point of a score.", valueName: "digits"))
  var width = 1

  /// The metrics there are, by the names of the command line.
  enum MetricName: String, CaseIterable, ExpressibleByArgument {
    case bleu
    case exactMatch = "exact_match"
    case wer
    case cer
    case per
  }

  /// sacreBLEU's names for the smoothings.
  enum SmoothMethod: String, CaseIterable, ExpressibleByArgument {
    case exp
    case floor
    case addK = "add-k"
    case none
  }

  func validate() throws {
    if !(0...17).contains(width) {
      throw ValidationError("--width is \(width); it must be from 0 to 17.")
    }
    guard let smoothValue else { return }
    if smoothMethod != .floor && smoothMethod != .addK {
      throw ValidationError(
        "--smooth-value has no meaning with --smooth-method \(smoothMethod.rawValue), "
          + "only with floor and add-k.")
    }
    if !smoothValue.isFinite || smoothValue < 0 {
      throw ValidationError("--smooth-value is \(smoothValue); it must be a number of at least 0.")
    }
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

    let reports = try hypotheses.map { file in
      try metrics.map {
        try $0.report(hypotheses: file.lines, references: references.map(\.lines))
      }
    }
    return json ? jsonText(reports) : reports.count == 1 ? lines(reports[0]) : table(reports)
  }

  private var metrics: [any CorpusMetric] {
    var seen: Set<MetricName> = []
    return metric.filter { seen.insert($0).inserted }.map { name in
      switch name {
      case .bleu: BLEU(tokenizer: tokenize, smoothing: smoothing, lowercase: lowercase)
      case .exactMatch: ExactMatch(lowercase: lowercase)
      case .wer: ErrorRate(.word, lowercase: lowercase)
      case .cer: ErrorRate(.character, lowercase: lowercase)
      case .per: ErrorRate(.phoneme, lowercase: lowercase)
      }
    }
  }

  private var smoothing: BLEU.Smoothing {
    switch smoothMethod {
    case .exp: .exponential
    case .floor: smoothValue.map { .floor($0) } ?? .floor
    case .addK: smoothValue.map { .addK($0) } ?? .addK
    case .none: .none
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

  // MARK: Output

  private func lines(_ reports: [MetricReport]) -> String {
    reports.map { $0.line(width: width) }.joined(separator: "\n")
  }

  private func jsonText(_ reports: [[MetricReport]]) -> String {
    let objects = zip(hypothesis, reports).flatMap { path, reports in
      reports.map { $0.json(width: width, system: hypothesis.count > 1 ? path : nil) }
    }
    return objects.count == 1 ? objects[0] : "[\n" + objects.joined(separator: ",\n") + "\n]"
  }

  /// One row a hypothesis file and one column a metric, then the signatures.
  private func table(_ reports: [[MetricReport]]) -> String {
    let header = ["system"] + reports[0].map(\.name)
    let rows = zip(hypothesis, reports).map { path, reports in
      [path] + reports.map { $0.formattedScore(width: width) }
    }
    let widths = header.indices.map { column in
      ([header] + rows).map { $0[column].unicodeScalars.count }.max() ?? 0
    }
    let text = ([header] + rows).map { row in
      let cells = row.indices.map { column in
        let space = String(
          repeating: " ", count: widths[column] - row[column].unicodeScalars.count)
        return column == 0 ? row[column] + space : space + row[column]
      }
      return cells.joined(separator: "  ")
    }
    let signatures = reports[0].map { "\($0.name)  \($0.signature)" }
    return (text + [""] + signatures).joined(separator: "\n")
  }
}

extension BLEU.Tokenizer: ExpressibleByArgument {}

/// The segments of a file: its lines.
private struct SegmentFile {
  let path: String
  let lines: [String]

  /// Reads a file, decompressed if its name ends in `.gz`.
  ///
  /// - Throws: ``SegmentFileError``; ``TextError`` for damaged gzip data.
  init(path: String) throws {
    self.path = path
    guard FileManager.default.fileExists(atPath: path) else {
      throw SegmentFileError.missing(path: path)
    }
    var lines: [String] = []
    do {
      let reader = try LineReader(path: path)
      while let bytes = try reader.next() {
        guard let line = String(validating: bytes, as: UTF8.self) else {
          throw SegmentFileError.invalidUTF8(path: path, line: reader.lineNumber)
        }
        lines.append(line)
      }
    } catch let error as TextError where error.kind != .badData {
      throw SegmentFileError.unreadable(path: path)
    }
    self.lines = lines
  }
}

/// Why files cannot be scored, with the exit code that says so.
private enum SegmentFileError: ErrorWithExitCode, CustomStringConvertible {
  case missing(path: String)
  case unreadable(path: String)
  case invalidUTF8(path: String, line: Int)
  case empty(path: String)
  case unequalCounts(first: SegmentFile, second: SegmentFile)

  var exitCode: ExitCode {
    switch self {
    case .missing: .missingInput
    case .unreadable: .inputOutput
    case .invalidUTF8, .empty, .unequalCounts: .badData
    }
  }

  var description: String {
    switch self {
    case .missing(let path):
      "\(path): no such file"
    case .unreadable(let path):
      "\(path): cannot be read; it must be a file, and you must be allowed to read it"
    case .invalidUTF8(let path, let line):
      "\(path):\(line): not valid UTF-8; files must be in UTF-8"
    case .empty(let path):
      "\(path): no lines; there is nothing to score"
    case .unequalCounts(let first, let second):
      "\(first.path) has \(first.lines.count) lines but \(second.path) has "
        + "\(second.lines.count); line n of each file must belong to segment n"
    }
  }
}
