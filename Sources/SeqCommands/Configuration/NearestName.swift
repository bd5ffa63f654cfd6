/// The candidate that was most probably meant by a misspelt name; nil when none is near.
///
/// Near means: one slip in three characters, where a slip is a character too many, too few, or
/// another, or two exchanged (Damerau 1964).
package func nearestName(to name: String, among candidates: [String]) -> String? {
  let limit = max(1, name.unicodeScalars.count / 3)
  let distances = candidates.map { (name: $0, distance: editDistance(name, $0)) }
  // The first of the nearest: `min` keeps the order of equals.
  guard let nearest = distances.min(by: { $0.distance < $1.distance }) else { return nil }
  return nearest.distance <= limit ? nearest.name : nil
}

/// Insertions, deletions, replacements and exchanges of neighbours from one name to the other,
/// counted in Unicode scalars.
package func editDistance(_ first: String, _ second: String) -> Int {
  let first = Array(first.unicodeScalars)
  let second = Array(second.unicodeScalars)
  // rows[i][j]: the distance of the first i scalars from the first j.
  var rows = [Array(0...second.count)]
  for i in first.indices {
    var row = [i + 1]
    for j in second.indices {
      var distance = rows[i][j] + (first[i] == second[j] ? 0 : 1)
      distance = min(distance, row[j] + 1, rows[i][j + 1] + 1)
      if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
        distance = min(distance, rows[i - 1][j - 1] + 1)
      }
      row.append(distance)
    }
    rows.append(row)
  }
  return rows[first.count][second.count]
}
