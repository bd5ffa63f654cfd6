/// Why a run could not start or go on.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The output directory holds something and no resume was asked for.
  case outputNotEmpty(path: String)
  /// Another process trains in the directory.
  case inUse(path: String)
  /// There is no run to go on with.
  case nothingToResume(path: String)
  /// The configuration of the run differs in more than its end.
  case changedConfiguration(path: String, keys: [String])
  /// The configuration contradicts the data or itself.
  case invalid(String)
  /// The loss or the gradient is no number any more.
  case nonFinite(step: Int, what: String, lines: [Int], lastCheckpoint: String?)
  /// A run of this model takes more memory than `training.memory` allows, however small its slices.
  case notEnoughMemory(limit: Int, needed: Int)
  /// A file of the run holds something else than the run wrote into it.
  case damaged(path: String, reason: String, hint: String)

  /// What was found and what helps, in one line.
  public var description: String {
    switch self {
    case .outputNotEmpty(let path):
      "\(path) is not empty: give another --output, or --resume to go on with the run in it"
    case .inUse(let path):
      "\(path) is in use: another process trains in it; stop that one first, or give another --output"
    case .nothingToResume(let path):
      "\(path) holds no run to resume: leave --resume away to start one"
    case .changedConfiguration(let path, let keys):
      "the run in \(path) was started with another configuration (\(keys.joined(separator: ", "))): on resuming only data.root, tokenizer.from, training.memory, validation.patience, max_steps and max_epochs may change, and these two not where the end shapes the learning rate (set schedule.decay_steps) or the regime; start a new run with another --output"
    case .invalid(let problem):
      problem
    case .nonFinite(let step, let what, let lines, let lastCheckpoint):
      "step \(step): \(what) is not a finite number; the batch held the pairs of lines \(Self.list(lines)); "
        + (lastCheckpoint.map { "the last good checkpoint is \($0)" } ?? "no checkpoint was saved")
        + "; a new run with a lower peak_rate, a longer warm-up or a smaller clip_norm usually helps"
    case .notEnoughMemory(let limit, let needed):
      "training.memory: expected at least \(needed >> 20 + 1) MiB for this model, its gradients and its optimizer with these workers, found \(limit >> 20) MiB; fewer --workers, a smaller model, or the optimizer adafactor or sgd need less"
    case .damaged(let path, let reason, let hint):
      "\(path) is damaged: \(reason); \(hint)"
    }
  }

  private static func list(_ lines: [Int]) -> String {
    let shown = lines.prefix(20).map(String.init).joined(separator: ", ")
    return lines.count > 20 ? "\(shown) and \(lines.count - 20) more" : shown
  }
}
