import Foundation
import SeqMetrics
import Testing

/// Choices by weighted features, and the weights that make them good.
@Suite struct WeightTuningTests {
  /// Seeded lists of hypotheses over a few words, with references.
  private struct Corpus {
    var features: [[[Double]]] = []
    var texts: [[String]] = []
    var references: [String] = []

    init(listCount: Int, featureCount: Int, seed: UInt64) {
      var random = Seeded(state: seed)
      let words = ["a", "b", "c", "d", "e"]
      func sentence() -> [String] {
        (0..<Int.random(in: 3...8, using: &random)).map { _ in
          words.randomElement(using: &random) ?? ""
        }
      }
      for _ in 0..<listCount {
        let reference = sentence()
        references.append(reference.joined(separator: " "))
        let hypotheses = (0..<Int.random(in: 1...6, using: &random)).map { _ in
          reference.map { Int.random(in: 0..<3, using: &random) == 0 ? "x" : $0 }
        }
        texts.append(hypotheses.map { $0.joined(separator: " ") })
        features.append(
          hypotheses.map { hypothesis in
            let faults = Double(hypothesis.count { $0 == "x" })
            return (0..<featureCount).map { feature in
              // The first tells something of the faults, the others little or nothing.
              Double.random(in: -2...2, using: &random) - (feature == 0 ? faults : 0)
            }
          })
      }
    }

    func tuning<Metric: CorpusMetric>(_ metric: Metric, lower: Bool = false) -> WeightTuning<Metric>
    {
      WeightTuning(
        metric, lowerIsBetter: lower, lists: features,
        statistics: zip(texts, references).map { texts, reference in
          texts.map { metric.statistics(hypothesis: $0, references: [reference]) }
        })
    }

    /// The metric of what the weights choose, from the texts.
    func value(_ metric: some CorpusMetric, _ weights: [Double]) throws -> Double {
      let reranker = LinearReranker(weights: weights)
      let chosen = zip(texts, features).map { $0[reranker.best(of: $1) ?? 0] }
      return try metric.corpusScore(hypotheses: chosen, references: [references]).value
    }
  }

  private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var bits = state
      bits ^= bits >> 33
      bits &*= 0xff51_afd7_ed55_8ccd
      return bits ^ (bits >> 33)
    }
  }

  @Test func theFirstOfEqualSumsIsChosen() {
    let reranker = LinearReranker(weights: [1, 0.5])
    #expect(reranker.best(of: [[1, 0], [0, 2], [0.5, 1]]) == 0)
    #expect(reranker.best(of: [[0, 0], [0, 2], [0.5, 1]]) == 1)
    #expect(reranker.best(of: []) == nil)
    #expect(LinearReranker(weights: [-1]).best(of: [[3], [2], [2]]) == 1)
    #expect(reranker.score([2, 4]) == 4)
  }

  @Test(arguments: [1, 2, 7, 40])
  func piecesAreWhatAScanFinds(listCount: Int) throws {
    for seed: UInt64 in 1...5 {
      let corpus = Corpus(listCount: listCount, featureCount: 3, seed: seed)
      let bleu = BLEU(tokenizer: .none)
      let tuning = corpus.tuning(bleu)
      for (weights, direction) in [
        ([1.0, 0, 0], [0.0, 1, 0]), ([0.3, -1, 0.2], [1, 0, 0]), ([0, 0, 0], [0.5, -0.3, 1]),
      ] {
        let pieces = tuning.pieces(from: weights, along: direction)
        #expect(pieces.first?.start == -.infinity && pieces.last?.end == .infinity)
        #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.end == $1.start })
        #expect(pieces.allSatisfy { $0.start < $0.end })
        func scanned(_ x: Double) throws -> Double {
          try corpus.value(bleu, zip(weights, direction).map { $0 + x * $1 })
        }
        // Inside of every piece, and at many places of a grid.
        for piece in pieces {
          let low = piece.start.isFinite ? piece.start : piece.end - 5
          let high = piece.end.isFinite ? piece.end : piece.start + 5
          guard high - low > 1e-9 || !low.isFinite else { continue }
          let x = low.isFinite ? low + (high - low) / 2 : 0
          #expect(try abs(scanned(x) - piece.value) < 1e-9)
        }
        let corners = pieces.map(\.start).dropFirst()
        for step in -60...60 {
          let x = Double(step) / 10 + 0.0123
          guard !corners.contains(where: { abs($0 - x) < 1e-9 }) else { continue }
          let piece = try #require(pieces.first { $0.start < x && x < $0.end })
          #expect(try abs(scanned(x) - piece.value) < 1e-9)
        }
      }
    }
  }

  @Test func theKnownBestIsFound() throws {
    // The second feature knows the answer; the first, with which the search begins, is wrong.
    let corpus = Corpus(listCount: 30, featureCount: 1, seed: 3)
    var told = corpus
    told.features = zip(corpus.texts, corpus.references).map { texts, reference in
      texts.map { text in
        let faults = Double(text.split(separator: " ").count { $0 == "x" })
        _ = reference
        return [faults, -faults, 4]
      }
    }
    let metric = ErrorRate(.word)
    let tuning = told.tuning(metric, lower: true)
    let fewest = zip(told.texts, told.references).map { texts, _ in
      texts.map { Double($0.split(separator: " ").count { $0 == "x" }) }.min() ?? 0
    }.reduce(0, +)
    let words = told.references.reduce(0) { $0 + $1.split(separator: " ").count }
    let (weights, value) = tuning.tuned(from: [1, 0, 0], restartCount: 0)
    #expect(tuning.value(of: [1, 0, 0]) > value)
    #expect(abs(value - 100 * fewest / Double(words)) < 1e-9)
    #expect(abs(weights.reduce(0) { $0 + abs($1) } - 1) < 1e-12)
    #expect(weights[1] > weights[0])
    #expect(try told.value(metric, weights) == value)
  }

  @Test(arguments: 1...6)
  func tuningNeverLosesAndIsRepeatable(seed: UInt64) throws {
    let corpus = Corpus(listCount: 25, featureCount: 4, seed: seed)
    let bleu = BLEU(tokenizer: .none)
    let tuning = corpus.tuning(bleu)
    let start = [0.1, 1, -0.5, 0.2]
    let (weights, value) = tuning.tuned(from: start, restartCount: 2, seed: seed)
    #expect(value >= tuning.value(of: start))
    #expect(try abs(corpus.value(bleu, weights) - value) < 1e-9)
    let again = tuning.tuned(from: start, restartCount: 2, seed: seed)
    #expect(again.weights == weights && again.value == value)
    // No better place on any axis.
    for axis in start.indices {
      let direction = start.indices.map { $0 == axis ? 1.0 : 0 }
      let best = tuning.pieces(from: weights, along: direction).map(\.value).max() ?? 0
      #expect(best <= value + 1e-9)
    }
    // From where it ended there is nowhere to go.
    #expect(tuning.tuned(from: weights, restartCount: 0, directionCount: 0).value >= value - 1e-9)
  }

  @Test func featuresThatDecideNothingAndSingleHypothesesAreNoTrouble() {
    let metric = ExactMatch()
    func counts(_ text: String) -> ExactMatch.Counts {
      metric.statistics(hypothesis: text, references: ["a"])
    }
    let tuning = WeightTuning(
      metric, lists: [[[1, 5]], [[1, 5], [1, 5]]],
      statistics: [[counts("a")], [counts("b"), counts("a")]])
    let (weights, value) = tuning.tuned(from: [1, 1])
    #expect(value == 50)
    #expect(weights == [0.5, 0.5])
    #expect(tuning.pieces(from: [1, 1], along: [1, 0]).count == 1)
    #expect(WeightTuning(metric, lists: [], statistics: []).tuned(from: []).value == 0)
  }
}
