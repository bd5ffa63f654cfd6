/// Chooses from a list by a weighted sum of features.
///
///     let reranker = LinearReranker(weights: [1, 0.4])
///     let chosen = reranker.best(of: [[-3.1, 7], [-3.3, 8]])   // 1: −0.1 against −0.3
public struct LinearReranker: Hashable, Sendable {
  /// What each feature counts, in the order of the features.
  public let weights: [Double]

  /// A reranker with a weight for each feature.
  public init(weights: [Double]) { self.weights = weights }

  /// The weighted sum.
  ///
  /// - Precondition: As many features as weights.
  public func score(_ features: [Double]) -> Double {
    guard features.count == weights.count else {
      fatalError("reranker: \(features.count) features, \(weights.count) weights")
    }
    return zip(weights, features).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The place of the largest sum, of equal ones the first; nil in an empty list.
  public func best(of list: [[Double]]) -> Int? {
    var best: (place: Int, score: Double)?
    for (place, features) in list.enumerated() {
      let score = score(features)
      if score > best?.score ?? -.infinity || best == nil { best = (place, score) }
    }
    return best?.place
  }
}
