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
        let names = shortNames(of: runs)
        let histories = try runs.indices.map { index in
          let path = isDirectory(runs[index]) ? runs[index] + "/metrics.jsonl" : runs[index]
          return (name: names[index], history: try MetricsHistory(path: path))
        }
        let title = runs.count == 1 ? runs[0] : "\(runs.count) runs"
        try figure.draw([Curves(title: title, runs: histories)])
      }
    }
  }
}

/// What a legend calls directories, or files in them: the directory's own name says enough, unless
/// two have the same.
func shortNames(of paths: [String]) -> [String] {
  let names = paths.map { path in
    let parts = path.split(separator: "/").filter { $0 != "." }
    return String((isDirectory(path) ? parts : parts.dropLast()).last ?? "")
  }
  let isClear = Set(names).count == names.count && !names.contains("")
  return isClear ? names : paths
}
