/// Edit distances from one reference to sequences of one length, near the diagonal only.
///
/// Cells farther than a beam from the line between the corners do not exist, which is part of the
/// definition of ``TER`` and keeps memory linear in the lengths. Each row's beam touches the next
/// row's, so the last cell always has a value.
package struct BeamEditDistance {
  static let beamWidth = 25

  private let reference: [Int32]
  /// Columns of each row that exist.
  private let columns: [Range<Int>]
  /// What is added to a column for the index of its cell, by row.
  private let offsets: [Int]
  /// The rows of the sequence that was measured last, from none of its words to all.
  private var costs: [Int32]
  /// The same while a neighbour of it is measured.
  private var neighbour: [Int32]

  /// More than any distance, and far from overflowing.
  private static let infinite = Int32.max / 2

  /// Ready to measure sequences of `wordCount` words.
  package init(reference: [Int32], wordCount: Int) {
    self.reference = reference
    let ratio = wordCount == 0 ? 1 : Double(reference.count) / Double(wordCount)
    let half = ratio / 2
    let beam =
      Double(Self.beamWidth) < half
      ? Int((half + Double(Self.beamWidth)).rounded(.up)) : Self.beamWidth
    let end = reference.count + 1
    let columns = (0...wordCount).map { row in
      if row == 0 { return 0..<end }
      let diagonal = Int((Double(row) * ratio).rounded(.down))
      let last = row == wordCount ? end : min(end, diagonal + beam)
      return max(0, diagonal - beam)..<last
    }
    var cellCount = 0
    offsets = columns.map { range in
      defer { cellCount += range.count }
      return cellCount - range.lowerBound
    }
    self.columns = columns
    costs = [Int32](repeating: Self.infinite, count: cellCount)
    for column in 0..<end { costs[column] = Int32(column) }
    neighbour = costs
  }

  /// The distance of a sequence, whose rows are kept for ``alignment(of:)`` and for its neighbours.
  package mutating func measure(_ words: [Int32]) -> Int {
    for row in words.indices { fill(row, words[row], &costs) }
    return Int(costs[costs.count - 1])
  }

  /// The distance of a sequence that begins like the one measured last.
  package mutating func distance(of words: [Int32], to measured: [Int32]) -> Int {
    var row = 0
    while row < words.count, words[row] == measured[row] { row += 1 }
    if row == words.count { return Int(costs[costs.count - 1]) }
    for column in columns[row] {
      neighbour[offsets[row] + column] = costs[offsets[row] + column]
    }
    while row < words.count {
      fill(row, words[row], &neighbour)
      row += 1
    }
    return Int(neighbour[neighbour.count - 1])
  }

  /// Computes the row after `row` by one more word.
  private func fill(_ row: Int, _ word: Int32, _ costs: inout [Int32]) {
    let (above, range) = (columns[row], columns[row + 1])
    let (aboveOffset, offset) = (offsets[row], offsets[row + 1])
    costs.withUnsafeMutableBufferPointer { costs in
      let before = range.lowerBound - 1
      var diagonal = above.contains(before) ? costs[aboveOffset + before] : Self.infinite
      var left = Self.infinite
      for column in range {
        let over = above.contains(column) ? costs[aboveOffset + column] : Self.infinite
        var cost = min(over, left) + 1
        if column > 0 {
          cost = min(cost, diagonal + (reference[column - 1] == word ? 0 : 1))
        }
        left = min(cost, Self.infinite)
        costs[offset + column] = left
        diagonal = over
      }
    }
  }

  private func cost(_ row: Int, _ column: Int) -> Int32 {
    columns[row].contains(column) ? costs[offsets[row] + column] : Self.infinite
  }

  /// Where the words of a reference stand in a hypothesis.
  struct Alignment {
    /// For each word of the reference its place in the hypothesis, of one that is missing the place
    /// of the word before, −1 at the beginning.
    var positions: [Int]
    var isWrongInReference: [Bool]
    var isWrongInHypothesis: [Bool]
  }

  /// The alignment of the sequence measured last: words kept or exchanged before words put in before
  /// words left out, where that costs the same.
  func alignment(of words: [Int32]) -> Alignment {
    var result = Alignment(
      positions: Array(repeating: -1, count: reference.count),
      isWrongInReference: Array(repeating: true, count: reference.count),
      isWrongInHypothesis: Array(repeating: true, count: words.count))
    var (row, column) = (words.count, reference.count)
    while row > 0 || column > 0 {
      let here = cost(row, column)
      if row > 0, column > 0 {
        let isSame = words[row - 1] == reference[column - 1]
        if here == cost(row - 1, column - 1) + (isSame ? 0 : 1) {
          (row, column) = (row - 1, column - 1)
          result.positions[column] = row
          result.isWrongInReference[column] = !isSame
          result.isWrongInHypothesis[row] = !isSame
          continue
        }
      }
      if row > 0, here == cost(row - 1, column) + 1 {
        row -= 1
      } else {
        column -= 1
        result.positions[column] = row - 1
      }
    }
    return result
  }
}
