import SeqLayers
import SeqTensors
import SeqTestSupport
import Testing

/// One vector of every sequence, by a trained question.
@Suite struct AttentionPoolingTests {
  @Test(arguments: [1, 2])
  func gradients(headCount: Int) {
    let problems = GradientCheck(
      "pooling, \(headCount) heads", inputs: [.ragged([3, 1, 5], 8)],
      layer: {
        AttentionPooling(
          in: $0, size: 8, heads: AttentionHeads(count: headCount, size: 8 / headCount), dropout: 0)
      }
    ) { scene, pooling in
      [pooling(scene[0])]
    }.problems()
    #expect(problems.isEmpty, "\(problems)")
  }

  @Test func aRowForEverySequence() {
    let store = ParameterStore(seed: 1)
    let pooling = AttentionPooling(
      in: store.root, size: 4, heads: AttentionHeads(count: 2, size: 2), dropout: 0)
    let context = Context(mode: .inference)
    let values = (0..<24).map { Float($0 % 7) - 3 }
    func pooled(_ values: [Float], _ lengths: [Int]) -> Tensor {
      pooling(
        context.tensor(
          values, shape: [values.count / 4, 4], sequences: Sequences(lengths: lengths)))
    }
    let together = pooled(values, [2, 1, 3])
    #expect(together.shape == [3, 4])
    #expect(together.sequences?.lengths == [1, 1, 1])
    // Each by itself, and rows in any order: a question has no place.
    let last = pooled(Array(values[20..<24] + values[12..<20]), [3])
    for (found, expected) in zip(last.values, together.values[8..<12]) {
      #expect(abs(found - expected) < 1e-5)
    }
  }
}
