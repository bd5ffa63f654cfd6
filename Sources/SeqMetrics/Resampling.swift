/// Whether a difference between two systems is more than chance, and how sure a figure is.
///
///     let test = Resampling(.bootstrap, count: 1000)
///     let results = test.compare([try SegmentTable(…), try SegmentTable(…)])
///     print(results[1].pValue)
///
/// Both tests are those of sacreBLEU, draws included: with its seed a figure is the same here and
/// there, to the precision of its float32 sums.
///
/// - SeeAlso: Koehn 2004, <https://aclanthology.org/W04-3250>, for the bootstrap; Riezler and Maxwell
///   2005, <https://aclanthology.org/W05-0908>, for randomization; sacreBLEU 2.6.0.
public struct Resampling: Hashable, Sendable {
  /// How corpora are made of the one there is.
  public enum Method: String, Hashable, Sendable {
    /// Paired bootstrap: as many segments drawn with replacement, the same for both systems.
    case bootstrap = "bs"
    /// Paired approximate randomization: the outputs of each segment exchanged by chance.
    case randomization = "ar"
  }

  /// How corpora are made.
  public let method: Method
  /// How many are made.
  public let count: Int
  /// What their draws follow from.
  public let seed: UInt64
  /// The seed of sacreBLEU.
  public static let defaultSeed: UInt64 = 12345

  /// Resamples or trials by a seed.
  ///
  /// - Precondition: `count` is at least 1.
  public init(_ method: Method, count: Int, seed: UInt64 = defaultSeed) {
    guard count >= 1 else { fatalError("resampling: \(count) resamples") }
    self.method = method
    self.count = count
    self.seed = seed
  }

  /// What is found about one system.
  public struct Result: Hashable, Sendable {
    /// The figure of the corpus.
    public var score: Double
    /// How likely so large a difference from the baseline is by chance, 0–1; nil for the baseline.
    public var pValue: Double?
    /// Where the figure lies, by bootstrap; nil by randomization.
    public var confidence: Confidence?
  }

  /// Where a figure lies with 95 % confidence: `mean ± halfWidth`.
  public struct Confidence: Hashable, Sendable {
    /// The mean over the resamples.
    public var mean: Double
    /// Half of the range that holds 95 % of them.
    public var halfWidth: Double

    init(_ scores: [Double]) {
      let sorted = scores.sorted()
      let cut = sorted.count / 40
      halfWidth = (sorted[sorted.count - cut - 1] - sorted[cut]) / 2
      mean = sorted.reduce(0, +) / Double(sorted.count)
    }
  }

  /// Compares every system with the first, the baseline.
  ///
  /// Cost: `count` × segments additions a number of the metric's counts, and `count` scores.
  ///
  /// - Parameter systems: tables of one metric over the same segments, at least one.
  /// - Returns: one result a system, in order.
  /// - Precondition: the tables have as many segments as each other.
  public func compare(_ systems: [SegmentTable]) -> [Result] {
    guard let baseline = systems.first else { return [] }
    let sizes = systems.map { [$0.segmentCount, $0.width] }
    guard sizes.allSatisfy({ $0 == sizes[0] }) else {
      fatalError("significance: tables of \(sizes) segments and counts compared")
    }
    switch method {
    case .bootstrap:
      let scores = bootstrap(systems)
      return systems.indices.map { index in
        let pValue = index == 0 ? nil : bootstrapPValue(baseline, systems[index], scores, index)
        return Result(
          score: systems[index].score, pValue: pValue, confidence: Confidence(scores[index]))
      }
    case .randomization:
      return [Result(score: baseline.score)]
        + systems.dropFirst().map { system in
          Result(score: system.score, pValue: randomizationPValue(baseline, system))
        }
    }
  }

  // MARK: Bootstrap

  /// The score of every resample, by system; all systems see the same resamples.
  private func bootstrap(_ systems: [SegmentTable]) -> [[Double]] {
    var draws = ResamplingDraws(seed: seed)
    let segmentCount = systems[0].segmentCount
    var scores = systems.map { _ in [Double]() }
    var chosen = [Int](repeating: 0, count: segmentCount)
    for _ in 0..<count {
      for place in chosen.indices { chosen[place] = draws.integer(below: UInt32(segmentCount)) }
      for (index, system) in systems.enumerated() {
        var sum = [Double](repeating: 0, count: system.width)
        for segment in chosen { system.add(segment, to: &sum) }
        scores[index].append(system.value(sum))
      }
    }
    return scores
  }

  /// How often a resample's difference exceeds their mean difference by more than the true one is.
  private func bootstrapPValue(
    _ baseline: SegmentTable, _ system: SegmentTable, _ scores: [[Double]], _ index: Int
  ) -> Double {
    let differences = zip(scores[index], scores[0]).map { abs($0 - $1) }
    let mean = differences.reduce(0, +) / Double(count)
    let truth = abs(baseline.score - system.score)
    return share(differences.count { $0 - mean > truth })
  }

  // MARK: Randomization

  /// How often exchanging outputs by chance makes a larger difference than there is.
  private func randomizationPValue(_ baseline: SegmentTable, _ system: SegmentTable) -> Double {
    var draws = ResamplingDraws(seed: seed)
    let truth = abs(baseline.score - system.score)
    var larger = 0
    for _ in 0..<count {
      var first = [Double](repeating: 0, count: system.width)
      var second = first
      for segment in 0..<system.segmentCount {
        if draws.flag() {
          baseline.add(segment, to: &first)
          system.add(segment, to: &second)
        } else {
          system.add(segment, to: &first)
          baseline.add(segment, to: &second)
        }
      }
      // A system beside itself differs by 0, which is not more than 0.
      if abs(baseline.value(first) - baseline.value(second)) > truth { larger += 1 }
    }
    return share(larger)
  }

  /// One more on both sides keeps the test from rejecting more often than its level says.
  private func share(_ larger: Int) -> Double { Double(larger + 1) / Double(count + 1) }
}
