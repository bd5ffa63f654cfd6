package import ArgumentParser
import Foundation

/// The `seq2seq` command: learns to turn one sequence into another, and does it.
@main
package struct Seq2Seq: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "seq2seq",
    abstract: "Learn to turn one sequence into another, and do it.",
    version: "0.1.0",
    subcommands: [
      DemoCommand.self, TrainCommand.self, TranslateCommand.self, ScoreCommand.self,
      AlignCommand.self, RerankCommand.self, EvaluateCommand.self, TokenizerCommand.self,
      InspectCommand.self,
      DoctorCommand.self, AverageCommand.self, QuantizeCommand.self, ImportCommand.self,
      ExportCommand.self,
    ])

  package init() {}

  package static func main() async {
    // A pipe that nobody reads any more is an error of the write, not the end of the process: see
    // withOutput(_:_:).
    signal(SIGPIPE, SIG_IGN)
    openStandardStreams()
    let arguments = CommandLineArguments(words: Array(CommandLine.arguments.dropFirst()))
    if let problem = arguments.unknownCommand(of: Self.self) {
      Console.note("Error: \(problem)\nSee 'seq2seq --help' for more information.")
      exit(withError: ExitCode.usage)
    }
    await main(arguments.joiningNegativeNumbers)
  }

  /// Puts something in the place of standard streams that are closed, or the next file opened would
  /// take the number of one, and messages would be written into it.
  private static func openStandardStreams() {
    for (descriptor, mode) in [(0 as Int32, O_WRONLY), (1, O_RDONLY), (2, O_WRONLY)]
    where fcntl(descriptor, F_GETFD) == -1 {
      // The lowest free number is the one that is missing. Reading the input and writing the output
      // then fail, as they should.
      _ = open("/dev/null", mode)
    }
  }
}
