import ArgumentParser
import Foundation
import SeqKit

extension InspectCommand {
  /// `seq2seq inspect exposure`: how much worse a model does with its own past than with the right
  /// one.
  struct Exposure: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "exposure",
      abstract: "Compare teacher-forced and free-running accuracy, of one model or several.",
      discussion: """
        Every pair is read twice. Teacher-forced: is each token of the target, and its end, what the \
        model finds likeliest after the target's own tokens? Free-running: is it what greedy search \
        wrote at the same place? Both agree up to a pair's first error, unless the model's makers \
        forbid phrases or force an end; exposure bias is what comes after. Since one token too many \
        makes all that follows wrong, the table also says how much of the target the fewest edits \
        leave in place.

        text draws accuracy by place, exact matches and accuracy by length, and then a table; svg \
        draws the same curves. Places that fewer than one target in a hundred has are not drawn.

        jsonl prints an object for every model: model, pairs, exact_matches; teacher_forced and \
        free_running, with labels (target tokens and ends), errors, accuracy, share_after_error (of \
        all errors), rate_after_right and rate_after_error (the probability of an error after a \
        right and after a wrong label) and their counts; edits; lengths; positions; \
        reference_lengths and source_lengths, an object for every length. Shares are from 0 to 1.

          seq2seq inspect exposure runs/fr-en --source test.fr --target test.en
          seq2seq inspect exposure runs/forcing runs/sampling --pairs test.tsv --format svg \\
            --output exposure.svg
        """)

    @Argument(
      help: ArgumentHelp("Directories of trained models, or checkpoints.", valueName: "model"))
    var models: [String]

    @OptionGroup var files: PairOptions

    @Option(
      help: "Tokens written at most for a source (default: twice the source and 50).")
    var maxLength: Int?

    @OptionGroup var threads: WorkerOptions

    @OptionGroup var beginning: FirstTokenOption

    @OptionGroup var figure: FigureOutput

    func validate() throws {
      if let maxLength, maxLength < 1 { throw ValidationError("--max-length must be at least 1.") }
    }

    func run() throws {
      try reportingErrors {
        let pairs = try files.read()
        let names = shortNames(of: models)
        let reports = try zip(models, names).map { try report(on: pairs, path: $0, name: $1) }
        guard figure.format != .jsonl else { return try figure.write(reports) }
        try figure.draw(ExposureReport.figures(reports)) {
          "\n" + ExposureTable(reports).text(width: figure.width)
        }
      }
    }

    private func report(
      on pairs: [TextPair], path: String, name: String
    ) throws -> ExposureReport {
      let loaded = try beginning.applied(
        to: ModelDirectory.load(URL(fileURLWithPath: path)))
      let ids = try pairs.map { try loaded.ids(of: $0, in: files.names) }
      let tracer = try ExposureTracer(
        loaded.model, generation: loaded.generation,
        pool: ComputePool(workerCount: threads.count, store: loaded.model.store),
        maximumLength: maxLength.map { LengthLimit(constant: Double($0)) }
          ?? LengthLimit(perSourceToken: 2, constant: 50))
      let traces = try tracer(
        ids, sourceLengths: ids.map { loaded.codec.textPlaces(of: $0.source).count })
      return ExposureReport(traces, model: name)
    }
  }
}

/// The figures of exposure reports in rows, a column for each model.
struct ExposureTable {
  private let reports: [ExposureReport]

  init(_ reports: [ExposureReport]) { self.reports = reports }

  /// Every line ended; where the columns do not fit beside each other they follow below.
  func text(width: Int) -> String {
    let nameWidth = rows.map(\.name.cellCount).max() ?? 0
    let columns = reports.map { report in
      [report.model.truncated(toCells: 24)] + rows.map { $0.value(report) }
    }
    let cellWidth = columns.joined().map(\.cellCount).max() ?? 0
    let perBlock = max(1, (width - nameWidth) / (cellWidth + 2))
    let blocks = stride(from: 0, to: columns.count, by: perBlock).map { start in
      let block = columns[start..<min(start + perBlock, columns.count)]
      return ([""] + rows.map(\.name)).enumerated().map { index, name in
        name.padded(toCells: nameWidth)
          + block.map { "  " + $0[index].indented(toCells: cellWidth) }.joined() + "\n"
      }.joined()
    }
    return blocks.joined(separator: "\n")
  }

  private typealias Row = (name: String, value: (ExposureReport) -> String)

  private var rows: [Row] {
    [
      ("pairs", { "\($0.pairs)" }),
      ("target tokens and ends", { "\($0.teacherForced.labels)" }),
      ("teacher-forced accuracy", { percent($0.teacherForced.accuracy) }),
      ("free-running accuracy", { percent($0.freeRunning.accuracy) }),
      ("  gap, points", { points($0.teacherForced.accuracy - $0.freeRunning.accuracy) }),
      ("target tokens kept by the fewest edits", { percent($0.edits.keptShare) }),
      ("edits a hundred target tokens", { points($0.edits.rate) }),
      ("exact matches", { percent($0.exactMatchShare) }),
      (
        "errors that follow an error, teacher-forced", { percent($0.teacherForced.shareAfterError) }
      ),
      ("  free-running", { percent($0.freeRunning.shareAfterError) }),
      ("P(error | right before), teacher-forced", { percent($0.teacherForced.rateAfterRight) }),
      ("  free-running", { percent($0.freeRunning.rateAfterRight) }),
      ("P(error | error before), teacher-forced", { percent($0.teacherForced.rateAfterError) }),
      ("  free-running", { percent($0.freeRunning.rateAfterError) }),
      ("length written / length of target", { String(format: "%.3f", $0.lengths.ratio) }),
      ("  too short", { percent($0.lengths.shorter, of: $0.pairs) }),
      ("  too long", { percent($0.lengths.longer, of: $0.pairs) }),
      ("  cut off", { percent($0.lengths.cutOff, of: $0.pairs) }),
    ]
  }
}

private func points(_ share: Double) -> String { String(format: "%.2f  ", 100 * share) }

private func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }

private func percent(_ part: Int, of whole: Int) -> String {
  percent(Double(part) / Double(max(whole, 1)))
}
