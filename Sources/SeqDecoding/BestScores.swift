import SeqKernels

/// The likeliest next tokens of every row of a step.
///
/// - Shapes: `tokens` and `logProbabilities` `[rows × countPerRow]`, row after row. Within a row
///   the best comes first, and of equal ones the lower id, so that a larger count only appends.
public struct BestScores: Hashable, Sendable {
  /// Candidates a row.
  public let countPerRow: Int
  /// The candidates' ids.
  public let tokens: [Int32]
  /// Natural logarithms of the candidates' probabilities over the whole vocabulary; −∞ is a token
  /// that cannot come.
  public let logProbabilities: [Float]

  /// Wraps one step's candidates.
  ///
  /// - Precondition: both arrays have the same size, a multiple of `countPerRow`, which is positive.
  public init(countPerRow: Int, tokens: [Int32], logProbabilities: [Float]) {
    require(
      countPerRow > 0 && tokens.count == logProbabilities.count
        && tokens.count.isMultiple(of: countPerRow),
      "best scores: [\(tokens.count)] tokens, [\(logProbabilities.count)] log-probabilities, "
        + "\(countPerRow) a row, sizes do not agree")
    self.countPerRow = countPerRow
    self.tokens = tokens
    self.logProbabilities = logProbabilities
  }

  /// The number of rows.
  public var rowCount: Int { tokens.count / countPerRow }
}
