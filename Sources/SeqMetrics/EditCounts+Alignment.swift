extension EditCounts {
  /// Which tokens of a reference a hypothesis keeps, in the way with the fewest edits and of those
  /// the fewest substitutions: as many are true as ``hits`` counts.
  ///
  /// Where several such ways keep different tokens, it is one of them, always the same.
  ///
  /// Cost: the product of the lengths of what differs, in time and memory.
  public static func keptTokens(of reference: [Int32], in hypothesis: [Int32]) -> [Bool] {
    var kept = Array(repeating: true, count: reference.count)
    var (first, end) = (0, (reference: reference.count, hypothesis: hypothesis.count))
    while first < min(end.reference, end.hypothesis), reference[first] == hypothesis[first] {
      first += 1
    }
    while min(end.reference, end.hypothesis) > first,
      reference[end.reference - 1] == hypothesis[end.hypothesis - 1]
    {
      end.reference -= 1
      end.hypothesis -= 1
    }
    let rows = Array(reference[first..<end.reference])
    let columns = Array(hypothesis[first..<end.hypothesis])
    let width = columns.count + 1
    // The cheapest ways to every pair of prefixes, row after row.
    var costs = (0..<width).map { $0 * edit }
    for (row, token) in rows.enumerated() {
      costs.append((row + 1) * edit)
      for (column, other) in columns.enumerated() {
        let above = row * width + column
        let diagonal = token == other ? costs[above] : costs[above] + edit + 1
        costs.append(min(diagonal, costs[above + 1] + edit, costs[above + width] + edit))
      }
    }
    var (row, column) = (rows.count, columns.count)
    while row > 0 {
      let here = row * width + column
      let isSame = column > 0 && rows[row - 1] == columns[column - 1]
      if column > 0, costs[here] == costs[here - width - 1] + (isSame ? 0 : edit + 1) {
        kept[first + row - 1] = isSame
        (row, column) = (row - 1, column - 1)
      } else if column > 0, costs[here] == costs[here - 1] + edit {
        column -= 1
      } else {
        kept[first + row - 1] = false
        row -= 1
      }
    }
    return kept
  }
}
