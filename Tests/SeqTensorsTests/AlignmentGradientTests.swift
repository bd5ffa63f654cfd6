import SeqTensors
import SeqTestSupport
import Testing

/// Weights that losses on alignments are taken of: values and gradients.
@Suite struct AlignmentGradientTests {
  @Test(arguments: gradientChecks)
  func gradientsAgreeWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  static let gradientChecks: [GradientCheck] = [
    GradientCheck(
      "dot weights", inputs: [.ragged([2, 0, 1, 4], 9), .ragged([3, 2, 1, 6], 11)]
    ) { scene in
      [
        dotWeights(
          queries: scene[0].slice(2, size: 5), keys: scene[1].slice(3, size: 5), scale: 0.6
        ).tensor, scene[0], scene[1],
      ]
    },
    GradientCheck(
      "alignment loss", inputs: [.ragged([2, 0, 1, 4], 5), .ragged([3, 2, 1, 6], 5)]
    ) { scene in
      let (loss, sum, count) = dotWeights(
        queries: scene[0].slice(0, size: 5), keys: scene[1].slice(0, size: 5), scale: 0.6
      ).alignmentLoss([[0], [1, 2], [0], [], [5], [0, 1, 3], [2]], scale: 1.4)
      #expect(count == 6)
      return (loss, 1.4 * sum)
    },
    GradientCheck(
      "weights of positions, joined",
      inputs: [.ragged([1, 1, 1], 5), .ragged([1, 0, 1], 5), .ragged([3, 2, 4], 5)]
    ) { scene in
      let positions = (0..<2).map {
        dotWeights(
          queries: scene[$0].slice(0, size: 5), keys: scene[2].slice(0, size: 5), scale: 1)
      }
      return SourceWeights(joining: positions, queries: Sequences(lengths: [2, 1, 2])).tensor
    },
  ]

  /// The weights are those that attention itself has.
  @Test func dotWeightsAreThoseOfAttention() {
    let context = Context(mode: .inference)
    var seeded = SeededValues("dot weights of attention")
    let (rows, memory) = (Sequences(lengths: [3, 1]), Sequences(lengths: [4, 2]))
    let queries = context.tensor(seeded.normal(4 * 8), shape: [4, 8], sequences: rows)
    let keys = context.tensor(seeded.normal(6 * 8), shape: [6, 8], sequences: memory)
    let (_, expected) = attention(
      queries: queries.slice(0, size: 8), keys: keys.slice(0, size: 8),
      values: keys.slice(0, size: 8), headCount: 2)
    let found = dotWeights(
      queries: queries.slice(0, size: 4), keys: keys.slice(0, size: 4), scale: 0.5)
    for (row, weights) in found.rows.enumerated() {
      let (sequence, query) = row < 3 ? (0, row) : (1, 0)
      for key in weights.indices {
        let weight = expected.weight(sequence: sequence, head: 0, query: query, key: key)
        #expect(abs(weights[key] - weight) < 1e-6)
      }
    }
  }
}
