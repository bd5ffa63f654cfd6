import SeqKernels

/// The likeliest next tokens of every row of a step, and the whole distribution of some rows.
///
/// - Shapes: `tokens` and `logProbabilities` `[rows × countPerRow]`, row after row. Within a row
///   the best comes first, and of equal ones the lower id, so that a larger count only appends.
public struct BestScores: Hashable, Sendable {
  /// Candidates a row.
  public let countPerRow: Int
  /// The candidates' ids.
  public private(set) var tokens: [Int32]
  /// Natural logarithms of the candidates' probabilities over the whole vocabulary; −∞ is a token
  /// that cannot come.
  public private(set) var logProbabilities: [Float]
  /// `[whole rows, vocabulary]`: every token's log-probability in the rows that were asked for.
  public private(set) var wholeRows: [Float]
  /// For each row the weight that every token of its source got while the row's state was computed,
  /// 0–1; empty unless asked for.
  public let attention: [[Float]]
  private let vocabularySize: Int

  /// Wraps one step's candidates.
  ///
  /// - Precondition: both arrays have the same size, a multiple of `countPerRow`, which is positive;
  ///   `wholeRows` is a multiple of `vocabularySize`.
  public init(
    countPerRow: Int, tokens: [Int32], logProbabilities: [Float], wholeRows: [Float] = [],
    vocabularySize: Int = 0, attention: [[Float]] = []
  ) {
    require(
      countPerRow > 0 && tokens.count == logProbabilities.count
        && tokens.count.isMultiple(of: countPerRow),
      "best scores: [\(tokens.count)] tokens, [\(logProbabilities.count)] log-probabilities, "
        + "\(countPerRow) a row, sizes do not agree")
    require(
      wholeRows.isEmpty || (vocabularySize > 0 && wholeRows.count.isMultiple(of: vocabularySize)),
      "best scores: [\(wholeRows.count)] in whole rows, a vocabulary of \(vocabularySize), "
        + "sizes do not agree")
    require(
      attention.isEmpty || attention.count * countPerRow == tokens.count,
      "best scores: \(tokens.count / countPerRow) rows, attention of \(attention.count)")
    self.countPerRow = countPerRow
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.wholeRows = wholeRows
    self.vocabularySize = vocabularySize
    self.attention = attention
  }

  /// The number of rows.
  public var rowCount: Int { tokens.count / countPerRow }

  /// The number of rows that came whole.
  var wholeRowCount: Int { wholeRows.isEmpty ? 0 : wholeRows.count / vocabularySize }

  /// A token's log-probability in a row that came whole, by the place of the row among them.
  func logProbability(of token: Int32, inWholeRow index: Int) -> Float {
    wholeRows[index * vocabularySize + Int(token)]
  }

  /// Rewrites a row that came whole and ranks it anew; `row` is its place among all rows, `index`
  /// that among ``wholeRows``.
  mutating func rewrite(
    row: Int, from index: Int, _ change: (UnsafeMutableBufferPointer<Float>) -> Void
  ) {
    // What is no number must stay visible.
    guard !logProbabilities[row * countPerRow].isNaN else { return }
    wholeRows.withUnsafeMutableBufferPointer { all in
      let start = index * vocabularySize
      let values = UnsafeMutableBufferPointer(rebasing: all[start..<start + vocabularySize])
      change(values)
      var found = 0
      let first = row * countPerRow
      // Insertion into a sorted list: of equal values the lower id stays before.
      for token in values.indices {
        let value = values[token]
        if found == countPerRow && !(value > logProbabilities[first + found - 1]) { continue }
        var place = found < countPerRow ? found : found - 1
        if found < countPerRow { found += 1 }
        while place > 0 && value > logProbabilities[first + place - 1] {
          logProbabilities[first + place] = logProbabilities[first + place - 1]
          tokens[first + place] = tokens[first + place - 1]
          place -= 1
        }
        logProbabilities[first + place] = value
        tokens[first + place] = Int32(token)
      }
    }
  }
}
