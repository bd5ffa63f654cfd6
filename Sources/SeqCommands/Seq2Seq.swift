import ArgumentParser

/// The `seq2seq` command: learns to turn one sequence into another, and does it.
@main
struct Seq2Seq: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seq2seq",
    abstract: "Learn to turn one sequence into another, and do it.",
    version: "0.1.0")
}
