import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq quantize`: the same model in fewer bits.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Round a model's matrices to int8 or bfloat16.",
    discussion: """
      Writes a model directory that every command takes; it is smaller, quicker to load and, as int8, \
      faster to translate with. Each row of a matrix becomes whole numbers from -127 to 127 and a \
      scale; biases, norms and learned positions stay as they are. The translations are those of \
      'translate --precision int8' on the model itself.

        seq2seq quantize runs/en-de --output runs/en-de-int8
      """)

  @Argument(
    help: ArgumentHelp("The directory of a trained model, or a checkpoint.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("Where the rounded model goes; new or empty.", valueName: "directory"))
  var output: String

  @Option(help: ArgumentHelp("int8 or bfloat16.", valueName: "type"))
  var precision: Precision = .int8

  func validate() throws {
    if precision == .float32 {
      throw ValidationError("--precision float32 would round nothing; give int8 or bfloat16.")
    }
  }

  func run() throws {
    try reportingErrors {
      let directory = URL(fileURLWithPath: model)
      let loaded = try ModelDirectory.load(directory)
      let store = loaded.model.store
      guard store.storedPrecision == .float32 else {
        throw QuantizeError.roundedAlready(path: model, precision: store.storedPrecision)
      }
      try writeDirectory(output) { folder in
        try ModelDirectory.copyDescription(from: directory, to: folder)
        try store.save(
          to: folder.appendingPathComponent("model.safetensors").path, precision: precision)
      }
      let (before, after) = (size(of: model), size(of: output))
      Console.note(
        "\(output): \(after.formatted(.byteCount(style: .file))) of parameters, "
          + "\((Double(after) / Double(max(before, 1))).formatted(.percent.precision(.fractionLength(0)))) "
          + "of the \(before.formatted(.byteCount(style: .file))) before")
    }
  }

  /// Bytes of a model's parameters.
  private func size(of model: String) -> Int64 {
    let path = model + "/model.safetensors"
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
  }
}

/// Why a model cannot be rounded.
private enum QuantizeError: ErrorWithExitCode, CustomStringConvertible {
  case roundedAlready(path: String, precision: Precision)

  var exitCode: ExitCode { .badData }

  var description: String {
    switch self {
    case .roundedAlready(let path, let precision):
      "\(path) is \(precision.rawValue) already: give the model that it was made from"
    }
  }
}
