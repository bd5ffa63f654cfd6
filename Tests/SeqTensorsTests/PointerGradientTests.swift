import SeqTensors
import SeqTestSupport
import Testing

/// Pointers, coverage and mixtures of generated and copied words: gradients against differences.
@Suite struct PointerGradientTests {
  @Test(arguments: gradientChecks)
  func gradientsAgreeWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  private static let queries = GradientCheck.Input.ragged([2, 0, 1, 4], 7)
  private static let keys = GradientCheck.Input.ragged([3, 2, 1, 18], 7)

  static let gradientChecks: [GradientCheck] = [
    GradientCheck("pointer weights", inputs: [queries, keys], parameters: [[7]]) { scene in
      [
        pointerWeights(queries: scene[0], keys: scene[1], vector: scene.parameters[0]).tensor,
        scene[0],
      ]
    },
    GradientCheck(
      "pointer weights with coverage", inputs: [queries, keys], parameters: [[7], [7]]
    ) { scene in
      pointerWeights(
        queries: scene[0], keys: scene[1], vector: scene.parameters[0],
        coverage: .accumulated(scene.parameters[1])
      ).tensor
    },
    GradientCheck(
      "context over values", inputs: [queries, keys, .ragged([3, 2, 1, 18], 5)],
      parameters: [[7]]
    ) { scene in
      [
        pointerWeights(queries: scene[0], keys: scene[1], vector: scene.parameters[0])
          .context(over: scene[2]), scene[2],
      ]
    },
    GradientCheck(
      // Few keys: of many every weight is small, and so is what it is compared with.
      "coverage loss", inputs: [queries, .ragged([3, 2, 1, 4], 7)], parameters: [[7], [7]]
    ) { scene in
      let (loss, sum) = pointerWeights(
        queries: scene[0], keys: scene[1], vector: scene.parameters[0],
        coverage: .accumulated(scene.parameters[1])
      ).coverageLoss(scale: 1.3)
      return (loss, 1.3 * sum)
    },
    GradientCheck(
      "words generated or copied",
      inputs: [queries, keys, .rows(7, 1), .rows(7, 11)], parameters: [[7]]
    ) { scene in
      let weights = pointerWeights(
        queries: scene[0], keys: scene[1], vector: scene.parameters[0])
      let mixture = CopyMixture(gate: scene[2], weights: weights, sourceIDs: sourceIDs)
      let rows = scene[3].copyLogProbabilities(mixture).divided(into: weights.queries)
      return rows.sequenceLogProbabilities(of: labels)
    },
    GradientCheck(
      "cross-entropy of words generated or copied",
      inputs: [queries, keys, .rows(7, 1), .rows(7, 5)], parameters: [[7], [11, 5], [11]]
    ) { scene in
      let weights = pointerWeights(
        queries: scene[0], keys: scene[1], vector: scene.parameters[0])
      let (loss, sums) = scene[3].crossEntropy(
        labels: labels, weight: scene.parameters[1], bias: scene.parameters[2], smoothing: 0.2,
        scale: 0.7,
        copying: CopyMixture(gate: scene[2], weights: weights, sourceIDs: sourceIDs))
      return (loss, 0.7 * sums.loss)
    },
  ]

  /// Of sources of 3, 2, 1 and 18 tokens; words from 11 on are outside the vocabulary.
  private static let sourceIDs: [Int32] =
    [4, 11, 4] + [5, 6] + [2] + [7, 8, 11, 9, 12, 13, 11, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
  /// Copied alone, generated alone, both; of targets of 2, 0, 1 and 4 tokens.
  private static let labels: [Int32] = [11, 9, 2, 12, 1, 13, 7]
}
