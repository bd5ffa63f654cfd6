import ArgumentParser

/// `seq2seq inspect`: looks inside; every subcommand has its own file.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Look inside models and data.",
    subcommands: [
      Model.self, Masks.self, Attention.self, Batches.self, LearningCurves.self, Exposure.self,
    ])
}
