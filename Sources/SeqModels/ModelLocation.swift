public import Foundation
public import SeqCheckpoints

/// Where a model's description and its parameters are: a model directory has both, a checkpoint of
/// a run has parameters, and the run's directory the rest.
///
///     let location = try ModelLocation(path: "runs/en-de/checkpoints/step-00000500")
public struct ModelLocation: Hashable, Sendable {
  /// The folder of `config.json` and the tokenizer's files.
  public let directory: URL
  /// The safetensors file; of a checkpoint with a moving average, that of the average.
  public let parametersPath: String

  /// Looks a model up.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/missing`` when there is neither a
  ///   model directory nor a checkpoint of a run, or the model has no parameters yet.
  public init(path: String) throws(CheckpointError) {
    let folder = URL(fileURLWithPath: path)
    let files = FileManager.default
    func hasDescription(_ folder: URL) -> Bool {
      files.fileExists(atPath: folder.appendingPathComponent("config.json").path)
    }
    if hasDescription(folder) {
      directory = folder
      parametersPath = folder.appendingPathComponent("model.safetensors").path
      guard files.fileExists(atPath: parametersPath) else {
        throw CheckpointError(
          .missing, path: parametersPath, found: "no such file",
          expected: "the parameters of a model",
          hint: "a run has them when it has ended; before that give one of its checkpoints")
      }
      return
    }
    let run = folder.deletingLastPathComponent().deletingLastPathComponent()
    guard let checkpoint = CheckpointFolder.Checkpoint(path: folder.path), hasDescription(run)
    else {
      throw CheckpointError(
        .missing, path: path, found: "no config.json",
        expected: "the directory of a model or a folder in a run's checkpoints",
        hint: "check the path")
    }
    directory = run
    parametersPath = checkpoint.parametersPath
  }
}
