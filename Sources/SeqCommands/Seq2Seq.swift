import ArgumentParser
import Foundation

/// The `seq2seq` command: learns to turn one sequence into another, and does it.
@main
struct Seq2Seq: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seq2seq",
    abstract: "Learn to turn one sequence into another, and do it.",
    version: "0.1.0",
    subcommands: [
      DemoCommand.self, TrainCommand.self, TranslateCommand.self, ScoreCommand.self,
      EvaluateCommand.self, TokenizerCommand.self, InspectCommand.self, AverageCommand.self,
    ])

  static func main() async {
    // A pipe that nobody reads any more is an error of the write, not the end of the process: see
    // withOutput(_:_:).
    signal(SIGPIPE, SIG_IGN)
    await main(nil)
  }
}
