/// What makes a search impossible.
public enum SearchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Options that contradict themselves, each problem in words.
  case invalidOptions([String])
  /// The model gave NaN for a sentence (its place in the batch, from 0) at a step (from 0).
  case notANumber(sentence: Int, step: Int)
  /// More phrases are required of a sentence (its place in the batch, from 0) than can be.
  case tooManyPhrases(sentence: Int, count: Int)
  /// The phrases required of a sentence need more tokens than its targets may have.
  case noRoomForPhrases(sentence: Int, missing: Int, room: Int)
  /// No target of a sentence holds its required phrases: other rules, or the model, forbid them.
  case phrasesImpossible(sentence: Int)

  /// One sentence on what was found and what to do, and of which sentence of the batch.
  public var description: String {
    guard let sentence else { return reason }
    return "search, sentence \(sentence) of the batch: \(reason)"
  }

  /// The place in the batch, from 0, of the sentence that is concerned; nil if all are.
  public var sentence: Int? {
    switch self {
    case .invalidOptions: nil
    case .notANumber(let sentence, _), .tooManyPhrases(let sentence, _),
      .noRoomForPhrases(let sentence, _, _), .phrasesImpossible(let sentence):
      sentence
    }
  }

  /// The same without the place.
  public var reason: String {
    switch self {
    case .invalidOptions(let problems):
      "search options: " + problems.joined(separator: "; ")
    case .notANumber(_, let step):
      "the model's log-probabilities are not numbers at step \(step), expected values up to 0; the "
        + "parameters may hold NaN or overflow"
    case .tooManyPhrases(_, let count):
      "\(count) required phrases, expected at most \(RequiredPhrases.largestCount)"
    case .noRoomForPhrases(_, let missing, let room):
      "its required phrases need \(missing) more tokens, its targets have room for \(room); raise "
        + "the maximum length"
    case .phrasesImpossible:
      "no target holds its required phrases; a forbidden phrase, another rule or the model makes "
        + "them impossible"
    }
  }
}
