/// What processors change about one step of a batch: which rows are fetched whole, and what of each
/// row cannot come.
struct StepChanges {
  typealias Rewriting = (UnsafeMutableBufferPointer<Float>) -> Void

  /// With more forbidden tokens than this a row is fetched whole: ranking so many candidates would
  /// cost more.
  static let forbiddenLimit = 32

  /// For each row, the tokens that cannot come; rows fetched whole have none here.
  private(set) var forbidden: [[Int32]] = []
  /// The rows fetched whole, ascending.
  private(set) var wholeRows: [Int] = []
  private var rewritings: [[Rewriting]] = []

  /// The largest number of tokens that are forbidden in any row.
  var forbiddenCount: Int { forbidden.lazy.map(\.count).max() ?? 0 }

  /// The tokens that cannot come in a row, unless it was fetched whole.
  func forbidden(inRow row: Int) -> [Int32] { forbidden.isEmpty ? [] : forbidden[row] }

  /// The place of a row among those fetched whole, nil if it was not.
  func wholePlace(ofRow row: Int) -> Int? {
    var range = wholeRows.indices
    while let middle = range.isEmpty ? nil : (range.lowerBound + range.upperBound) / 2 {
      if wholeRows[middle] == row { return middle }
      range = wholeRows[middle] < row ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  /// Adds the next row with what processors ask after its hypothesis, and whether it is needed whole
  /// in any case.
  mutating func append(
    _ processors: [any ScoreProcessor], after hypothesis: PartialHypothesis, isWhole: Bool = false
  ) {
    var tokens: [Int32] = []
    var rewritings: [Rewriting] = []
    for processor in processors {
      switch processor.change(after: hypothesis) {
      case .none: break
      // The first list is taken as it is: mostly there is no other, and no memory is needed.
      case .forbid(let more): tokens = tokens.isEmpty ? more : tokens + more
      case .rewrite(let rewriting): rewritings.append(rewriting)
      }
    }
    if !isWhole && rewritings.isEmpty && tokens.count <= Self.forbiddenLimit {
      forbidden.append(tokens)
      return
    }
    if !tokens.isEmpty {
      // Captured by value: the variable itself would need a place on the heap for every row.
      rewritings.append { [tokens] row in
        for token in tokens { row[Int(token)] = -.infinity }
      }
    }
    wholeRows.append(forbidden.count)
    self.rewritings.append(rewritings)
    forbidden.append([])
  }

  /// Ranks the rows fetched whole anew, by their rewritten scores.
  func apply(to scores: inout BestScores) {
    for (index, row) in wholeRows.enumerated() where !rewritings[index].isEmpty {
      scores.rewrite(row: row, from: index) { values in
        for rewriting in rewritings[index] { rewriting(values) }
      }
    }
  }
}
