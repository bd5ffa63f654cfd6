/// The edits that turn a reference into a hypothesis, of one segment or of a corpus.
///
/// Of all ways with the fewest edits, the counts are of one with the fewest substitutions, the one
/// that keeps the most tokens; how many edits of each kind that makes does not depend on the order
/// of the search.
public struct EditCounts: MetricStatistics, Hashable {
  /// Tokens that are kept.
  public private(set) var hits = 0
  /// Tokens of the reference with another in their place.
  public private(set) var substitutions = 0
  /// Tokens of the hypothesis that stand for none of the reference.
  public private(set) var insertions = 0
  /// Tokens of the reference without any in their place.
  public private(set) var deletions = 0

  /// Nothing counted.
  public init() {}

  /// Counts the edits between two sequences of tokens.
  ///
  /// Cost: the product of the lengths of what differs, in time; the hypothesis's length in memory.
  public init(from reference: [Int32], to hypothesis: [Int32]) {
    var (rows, columns) = (reference[...], hypothesis[...])
    // Equal ends belong to some cheapest way.
    while let first = rows.first, first == columns.first {
      rows.removeFirst()
      columns.removeFirst()
    }
    while let last = rows.last, last == columns.last {
      rows.removeLast()
      columns.removeLast()
    }
    let cost = Self.cost(Array(rows), Array(columns))
    let edits = cost >> Self.editShift
    substitutions = cost & (Self.edit - 1)
    // insertions + deletions = edits − substitutions; insertions − deletions = growth
    let growth = hypothesis.count - reference.count
    deletions = (edits - substitutions - growth) / 2
    insertions = edits - substitutions - deletions
    hits = reference.count - substitutions - deletions
  }

  /// Substitutions, insertions and deletions.
  public var edits: Int { substitutions + insertions + deletions }
  /// Tokens of the references.
  public var referenceLength: Int { hits + substitutions + deletions }
  /// Tokens of the hypotheses.
  public var hypothesisLength: Int { hits + substitutions + insertions }

  /// Adds the counts of further segments.
  public static func += (sum: inout EditCounts, more: EditCounts) {
    sum.hits += more.hits
    sum.substitutions += more.substitutions
    sum.insertions += more.insertions
    sum.deletions += more.deletions
  }

  /// Hits, substitutions, insertions, deletions.
  public var components: [Double] {
    [hits, substitutions, insertions, deletions].map(Double.init)
  }

  /// Counts from their numbers.
  public init(components: [Double]) {
    let counts = components.map { Int($0) }
    (hits, substitutions, insertions, deletions) = (counts[0], counts[1], counts[2], counts[3])
  }

  /// A cost counts edits above this bit and substitutions below it, so that fewer edits come before
  /// everything and fewer substitutions before nothing.
  private static let editShift = 32
  /// What an insertion or a deletion costs; a substitution costs one more.
  static let edit = 1 << editShift

  private static func cost(_ reference: [Int32], _ hypothesis: [Int32]) -> Int {
    // The cheapest way from the rows so far to the first `column` tokens of the hypothesis.
    var costs = (0...hypothesis.count).map { $0 * edit }
    for token in reference {
      var diagonal = costs[0]
      costs[0] += edit
      for column in hypothesis.indices {
        let kept = hypothesis[column] == token ? diagonal : diagonal + edit + 1
        diagonal = costs[column + 1]
        costs[column + 1] = min(kept, diagonal + edit, costs[column] + edit)
      }
    }
    return costs[hypothesis.count]
  }
}
