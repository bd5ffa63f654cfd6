/// Why a corpus cannot be scored.
public enum MetricError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A set of references has another number of segments than the hypotheses.
  case unequalSegmentCounts(hypotheses: Int, references: Int, referenceIndex: Int)
  /// There is no set of references.
  case noReferences
  /// There is nothing to score.
  case noSegments

  /// What was found and what was expected.
  public var description: String {
    switch self {
    case .unequalSegmentCounts(let hypotheses, let references, let index):
      "\(hypotheses) hypotheses but \(references) references in set \(index + 1); "
        + "every set needs one reference a hypothesis"
    case .noReferences:
      "no references; a metric needs at least one set"
    case .noSegments:
      "no segments; hypotheses and references are empty"
    }
  }
}
