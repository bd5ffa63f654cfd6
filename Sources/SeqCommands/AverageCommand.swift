import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq average`: the mean of several models of one architecture.
struct AverageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "average",
    abstract: "Average the parameters of models or checkpoints into a model.",
    discussion: """
      Takes model directories and folders in a run's checkpoints, of one architecture and one \
      vocabulary. A checkpoint of a run with ema_decay counts with its moving average. The output \
      is an ordinary model directory with the tokenizer of the first.

        seq2seq average runs/en-de/checkpoints/step-* --output runs/en-de-average
      """)

  @Argument(
    help: ArgumentHelp("Directories of models or checkpoints.", valueName: "model-or-checkpoint"))
  var models: [String]

  @Option(help: ArgumentHelp("Where the average goes; new or empty.", valueName: "directory"))
  var output: String

  func run() throws {
    try reportingErrors {
      let locations = try models.map { try ModelLocation(path: $0) }
      try checkAgreement(of: locations)
      for (path, location) in zip(models, locations) {
        let file = try SafetensorsFile(path: location.parametersPath)
        guard !file.entries.contains(where: { $0.elementType == .int8 }) else {
          throw AverageError.quantized(path: path)
        }
      }
      try writeDirectory(output) { directory in
        try ModelDirectory.copyDescription(from: locations[0].directory, to: directory)
        try SafetensorsFile.average(
          locations.map(\.parametersPath),
          to: directory.appendingPathComponent("model.safetensors").path)
      }
      Console.note(
        "\(models.count) model\(models.count == 1 ? "" : "s") averaged into \(output)")
    }
  }

  /// Compares descriptions and vocabularies; the tensors themselves are compared by the averaging.
  private func checkAgreement(of locations: [ModelLocation]) throws {
    let first = try ModelDirectory.configuration(of: locations[0].directory).model
    let codec = try TextCodec(directory: locations[0].directory)
    for (path, location) in zip(models, locations).dropFirst()
    where location.directory != locations[0].directory {
      let model = try ModelDirectory.configuration(of: location.directory).model
      var problems = model.architectureDifferences(from: first).map {
        "model.\($0.key) is \($0.own), not \($0.other)"
      }
      if let difference = try TextCodec(directory: location.directory)
        .vocabularyDifference(from: codec)
      {
        problems.append(difference)
      }
      guard problems.isEmpty else {
        throw AverageError.different(path: path, first: models[0], problems: problems)
      }
    }
  }
}

/// Why models cannot be averaged, with the exit code that says so.
private enum AverageError: ErrorWithExitCode, CustomStringConvertible {
  case different(path: String, first: String, problems: [String])
  case quantized(path: String)

  var exitCode: ExitCode { .badData }

  var description: String {
    switch self {
    case .different(let path, let first, let problems):
      "\(path) is not a model of the same kind as \(first): \(problems.joined(separator: "; ")); "
        + "only models of one architecture and vocabulary have a mean"
    case .quantized(let path):
      "\(path) is int8: average the models that such were made from, and quantize the average"
    }
  }
}
