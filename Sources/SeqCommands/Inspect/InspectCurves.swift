import ArgumentParser
import Foundation
import SeqKit

extension InspectCommand {
  /// `seq2seq inspect curves`: how training went, of one run or several.
  struct LearningCurves: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "curves",
      abstract: "Draw the learning curves of runs, several in one picture to compare them.",
      discussion: """
        Reads metrics.jsonl, of runs that go on as well. A run's own curves.svg is written at \
        every validation.

          seq2seq inspect curves runs/fr-en
          seq2seq inspect curves runs/small runs/large --format svg --output both.svg
        """)

    @Argument(
      help: ArgumentHelp("Training directories, or metrics.jsonl files.", valueName: "run"))
    var runs: [String]

    @OptionGroup var figure: FigureOutput

    func validate() throws {
      if figure.format == .jsonl {
        throw ValidationError("--format jsonl: metrics.jsonl itself holds the numbers.")
      }
    }

    func run() throws {
      try reportingErrors {
        let names = runs.map { run in
          let parts = run.split(separator: "/").filter { $0 != "." }
          return String((isDirectory(run) ? parts : parts.dropLast()).last ?? "")
        }
        // The folder's name says enough, unless two have the same.
        let isClear = Set(names).count == names.count && !names.contains("")
        let histories = try runs.indices.map { index in
          let path = isDirectory(runs[index]) ? runs[index] + "/metrics.jsonl" : runs[index]
          return (
            name: isClear ? names[index] : runs[index], history: try MetricsHistory(path: path)
          )
        }
        let title = runs.count == 1 ? runs[0] : "\(runs.count) runs"
        try figure.draw([Curves(title: title, runs: histories)])
      }
    }
  }
}
