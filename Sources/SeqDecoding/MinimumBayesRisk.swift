internal import SeqKernels

/// Chooses among candidates the one that is, on average, most like everything the model may mean.
///
///     let samples = try sampling(requests, with: model, progress: nil)[0].hypotheses
///     let (candidates, counts) = MinimumBayesRisk.merged(samples, by: \.tokens)
///     let best = MinimumBayesRisk.ranking(of: candidates, counts: counts) { candidate, reference in
///       bleu.sentenceScore(hypothesis: text(candidate), references: [text(reference)]).value
///     }[0].candidate
///
/// The samples stand for the model's distribution: a candidate's expected utility is the mean of its
/// utility against every sample as the reference, itself among them. The likeliest target is often an
/// outlier; this one is in the middle.
///
/// - SeeAlso: Eikema & Aziz 2020, arXiv:2005.10283; Kumar & Byrne 2004,
///   <https://aclanthology.org/N04-1022>.
public enum MinimumBayesRisk {
  /// A candidate and what it is worth.
  public struct Ranked<Candidate> {
    /// The candidate.
    public let candidate: Candidate
    /// Its place among the candidates given.
    public let index: Int
    /// The mean of its utility over all samples, in the utility's unit.
    public let expectedUtility: Double
  }

  /// The candidates by falling expected utility, of equal ones the earlier first.
  ///
  /// Cost: the utility of every pair of different candidates, and of each with itself.
  ///
  /// - Parameters:
  ///   - candidates: each different sample once.
  ///   - counts: how often each was drawn, or any weights of at least 0.
  ///   - utility: how good a candidate is if the reference is what was meant; larger is better. What
  ///     is not a number counts as −∞.
  /// - Returns: Every candidate, the best first.
  /// - Precondition: As many counts as candidates.
  public static func ranking<Candidate>(
    of candidates: [Candidate], counts: [Double],
    utility: (_ candidate: Candidate, _ reference: Candidate) throws -> Double
  ) rethrows -> [Ranked<Candidate>] {
    require(
      candidates.count == counts.count,
      "minimum Bayes risk: \(candidates.count) candidates and \(counts.count) counts, not as many")
    let total = counts.reduce(0, +)
    let ranked = try candidates.enumerated().map { index, candidate in
      var sum = 0.0
      for (reference, count) in zip(candidates, counts) where count > 0 {
        sum += count * (try utility(candidate, reference))
      }
      let mean = total > 0 ? sum / total : 0
      return Ranked(
        candidate: candidate, index: index, expectedUtility: mean.isNaN ? -.infinity : mean)
    }
    return ranked.sorted { ($1.expectedUtility, $0.index) < ($0.expectedUtility, $1.index) }
  }

  /// Counts equal samples together.
  ///
  /// - Parameters:
  ///   - samples: in any order, equal ones as often as they were drawn.
  ///   - key: what makes two samples the same: their tokens, or the bytes of their text.
  /// - Returns: Each different sample once, in the order of its first appearance, and how often it
  ///   came.
  public static func merged<Sample, Key: Hashable>(
    _ samples: [Sample], by key: (Sample) -> Key
  ) -> (candidates: [Sample], counts: [Double]) {
    var places: [Key: Int] = [:]
    var candidates: [Sample] = []
    var counts: [Double] = []
    for sample in samples {
      let identity = key(sample)
      let place = places[identity, default: candidates.count]
      if place == candidates.count {
        places[identity] = place
        candidates.append(sample)
        counts.append(0)
      }
      counts[place] += 1
    }
    return (candidates, counts)
  }
}

extension MinimumBayesRisk.Ranked: Sendable where Candidate: Sendable {}
