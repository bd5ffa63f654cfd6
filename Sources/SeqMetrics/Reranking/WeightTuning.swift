import Foundation

/// Finds the weights of a ``LinearReranker`` that give a corpus the best value of a metric.
///
///     let tuning = WeightTuning(BLEU(), lists: features, statistics: counts)
///     let (weights, value) = tuning.tuned(from: [1, 0, 0])
///
/// Minimum error rate training. Along a line in the space of weights the score of every hypothesis is
/// a straight line, the choice from a list changes at the corners of their upper envelope, and so the
/// metric is constant between finitely many points: ``pieces(from:along:)`` finds them all and the
/// exact optimum. The search follows the axes and random directions until none leads higher, from
/// the weights given and from random ones.
///
/// - SeeAlso: Och 2003, <https://aclanthology.org/P03-1021>.
public struct WeightTuning<Metric: CorpusMetric>: Sendable {
  /// What is tuned for.
  public let metric: Metric
  /// Whether the metric counts errors.
  public let lowerIsBetter: Bool
  private let lists: [[[Double]]]
  private let statistics: [[Metric.Statistics]]
  /// For each feature how far values in one list lie apart; 0 where they are all the same.
  private let deviations: [Double]

  /// A development set.
  ///
  /// - Parameters:
  ///   - metric: what is tuned for.
  ///   - lowerIsBetter: whether the metric counts errors.
  ///   - lists: for each segment, for each hypothesis, its features; finite numbers.
  ///   - statistics: for each of them what the metric counts in it.
  /// - Precondition: No list is empty, all hypotheses have as many features, and there are statistics
  ///   for each.
  public init(
    _ metric: Metric, lowerIsBetter: Bool = false, lists: [[[Double]]],
    statistics: [[Metric.Statistics]]
  ) {
    let featureCount = lists.first?.first?.count ?? 0
    guard lists.map(\.count) == statistics.map(\.count) else {
      fatalError("weight tuning: hypotheses and statistics are not as many")
    }
    for (place, list) in lists.enumerated() {
      guard !list.isEmpty && list.allSatisfy({ $0.count == featureCount }) else {
        fatalError(
          "weight tuning: list \(place) has \(list.map(\.count)) features, not \(featureCount) each"
        )
      }
    }
    self.metric = metric
    self.lowerIsBetter = lowerIsBetter
    self.lists = lists
    self.statistics = statistics
    deviations = (0..<featureCount).map { Self.deviation(of: $0, in: lists) }
  }

  /// The root of the mean square of a feature's distance from its mean in the list.
  private static func deviation(of feature: Int, in lists: [[[Double]]]) -> Double {
    var sum = 0.0
    for list in lists {
      let mean = list.reduce(0) { $0 + $1[feature] } / Double(list.count)
      sum += list.reduce(0) { $0 + ($1[feature] - mean) * ($1[feature] - mean) }
    }
    return (sum / Double(lists.reduce(0) { $0 + $1.count })).squareRoot()
  }

  /// The metric of what these weights choose.
  ///
  /// - Precondition: A weight for each feature.
  public func value(of weights: [Double]) -> Double {
    let reranker = LinearReranker(weights: weights)
    var sum = metric.emptyStatistics
    for (list, counts) in zip(lists, statistics) {
      sum += counts[reranker.best(of: list) ?? 0]
    }
    return metric.score(of: sum).value
  }

  /// A stretch of a line in the space of weights on which every choice stays the same.
  public struct Piece: Hashable, Sendable {
    /// Where it begins, in multiples of the direction; −∞ for the first.
    public let start: Double
    /// Where the next begins; ∞ for the last.
    public let end: Double
    /// The metric of what is chosen there.
    public let value: Double
  }

  /// The metric along the line `weights + x · direction`, for every x.
  ///
  /// - Returns: Adjacent pieces that cover the line, from left to right.
  /// - Precondition: As many weights and directions as features.
  public func pieces(from weights: [Double], along direction: [Double]) -> [Piece] {
    let (origin, slope) = (LinearReranker(weights: weights), LinearReranker(weights: direction))
    var changes: [(x: Double, list: Int, hypothesis: Int)] = []
    var chosen: [Metric.Statistics] = []
    for (place, list) in lists.enumerated() {
      let envelope = UpperEnvelope(
        intercepts: list.map(origin.score), slopes: list.map(slope.score))
      chosen.append(statistics[place][envelope.stretches[0].line])
      // A corner beyond all numbers is none.
      for stretch in envelope.stretches.dropFirst() where stretch.start.isFinite {
        changes.append((stretch.start, place, stretch.line))
      }
    }
    changes.sort { ($0.x, $0.list, $0.hypothesis) < ($1.x, $1.list, $1.hypothesis) }
    var sum = ReplaceableSum(chosen, empty: metric.emptyStatistics)
    var pieces: [Piece] = []
    var start = -Double.infinity
    var index = 0
    while true {
      let end = index < changes.count ? changes[index].x : .infinity
      pieces.append(Piece(start: start, end: end, value: metric.score(of: sum.total).value))
      guard index < changes.count else { return pieces }
      while index < changes.count && changes[index].x == end {
        sum.replace(
          changes[index].list, by: statistics[changes[index].list][changes[index].hypothesis])
        index += 1
      }
      start = end
    }
  }

  /// Climbs from some weights to better ones.
  ///
  /// The value is never worse than that of `start`. Weights are scaled so that their sizes sum to 1,
  /// unless that changes a choice; those of features that are the same all over a list stay as they
  /// are.
  ///
  /// - Parameters:
  ///   - start: where the search begins.
  ///   - restartCount: how often it begins anew, at random weights.
  ///   - directionCount: random directions tried beside the axes in every round.
  ///   - seed: what the random weights and directions depend on.
  /// - Returns: The best weights found, and the metric of what they choose.
  public func tuned(
    from start: [Double], restartCount: Int = 10, directionCount: Int = 4, seed: UInt64 = 1
  ) -> (weights: [Double], value: Double) {
    var random = RandomWeights(state: seed)
    var best = climbed(from: start, directionCount, &random)
    for _ in 0..<restartCount {
      let found = climbed(from: random.weights(deviations), directionCount, &random)
      if isBetter(found.value, than: best.value) { best = found }
    }
    let size = best.weights.reduce(0) { $0 + abs($1) }
    let scaled = best.weights.map { size > 0 ? $0 / size : $0 }
    let value = value(of: scaled)
    return isBetter(best.value, than: value) ? best : (scaled, value)
  }

  private func isBetter(_ value: Double, than other: Double) -> Bool {
    lowerIsBetter ? value < other : value > other
  }

  /// Follows the best of all directions for as long as one leads higher.
  private func climbed(
    from start: [Double], _ directionCount: Int, _ random: inout RandomWeights
  ) -> (weights: [Double], value: Double) {
    var weights = start
    var reached = value(of: weights)
    while true {
      let axes = deviations.indices.filter { deviations[$0] > 0 }.map { axis in
        deviations.indices.map { $0 == axis ? 1 / deviations[axis] : 0.0 }
      }
      let directions =
        axes + (0..<(axes.isEmpty ? 0 : directionCount)).map { _ in random.weights(deviations) }
      var step: (weights: [Double], value: Double)?
      for direction in directions {
        guard let x = bestPlace(in: pieces(from: weights, along: direction)) else { continue }
        let next = zip(weights, direction).map { $0 + x * $1 }
        // Measured, not believed: where two scores are nearly equal, rounding decides.
        let value = value(of: next)
        if isBetter(value, than: step?.value ?? reached) { step = (next, value) }
      }
      guard let step else { return (weights, reached) }
      (weights, reached) = step
    }
  }

  /// A place in the piece of the best value; of equal ones in the widest that has two ends.
  private func bestPlace(in pieces: [Piece]) -> Double? {
    guard let first = pieces.first, pieces.count > 1 else { return nil }
    let best = pieces.reduce(first.value) { isBetter($1.value, than: $0) ? $1.value : $0 }
    let candidates = pieces.filter { $0.value == best }
    let bounded = candidates.filter { $0.start.isFinite && $0.end.isFinite }
    if let widest = bounded.max(by: { $0.end - $0.start < $1.end - $1.start }) {
      return widest.start + (widest.end - widest.start) / 2
    }
    guard let open = candidates.first else { return nil }
    // As far beyond the last corner as the corners lie apart.
    let span = max(pieces[pieces.count - 1].start - first.end, 1)
    return open.start.isFinite ? open.start + span : open.end - span
  }
}

/// Steele, Lea and Flood's generator (2014), and weights drawn with it.
private struct RandomWeights: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }

  /// Normally distributed, so that every feature has the same influence whatever its scale.
  mutating func weights(_ deviations: [Double]) -> [Double] {
    deviations.map { deviation in
      let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &self))).squareRoot()
      let angle = 2 * Double.pi * Double.random(in: 0..<1, using: &self)
      return deviation > 0 ? radius * cos(angle) / deviation : 0
    }
  }
}
