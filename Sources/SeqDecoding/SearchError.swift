/// What makes a search impossible.
public enum SearchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Options that contradict themselves, each problem in words.
  case invalidOptions([String])
  /// The model gave NaN for a sentence (its place in the batch, from 0) at a step (from 0).
  case notANumber(sentence: Int, step: Int)

  /// One sentence on what was found and what to do.
  public var description: String {
    switch self {
    case .invalidOptions(let problems):
      "search options: " + problems.joined(separator: "; ")
    case .notANumber(let sentence, let step):
      "search: the model's log-probabilities for sentence \(sentence) of the batch are not numbers "
        + "at step \(step), expected values up to 0; the parameters may hold NaN or overflow"
    }
  }
}
