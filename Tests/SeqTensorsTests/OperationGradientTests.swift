import SeqTensors
import SeqTestSupport
import Testing

/// One row for every operation and shape, and one for every way a gradient can flow in.
@Suite struct OperationGradientTests {
  @Test(arguments: arithmetic + products + activations + norms + embeddings + losses + reuse + rows)
  func agreesWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  static let arithmetic: [GradientCheck] = [
    GradientCheck("a + b", inputs: [.rows(3, 5), .rows(3, 5)]) { $0[0] + $0[1] },
    GradientCheck("a + constant", inputs: [.rows(3, 5), .rows(3, 5).constant]) { $0[0] + $0[1] },
    GradientCheck("a − b", inputs: [.rows(3, 5), .rows(3, 5)]) { $0[0] - $0[1] },
    GradientCheck("constant − b", inputs: [.rows(3, 5).constant, .rows(3, 5)]) { $0[0] - $0[1] },
    GradientCheck("a · b", inputs: [.rows(4, 33), .rows(4, 33)]) { $0[0] * $0[1] },
    GradientCheck("a · constant", inputs: [.rows(4, 3), .rows(4, 3).constant]) { $0[0] * $0[1] },
    GradientCheck("number · a", inputs: [.rows(2, 17)]) { -1.5 * $0[0] },
    GradientCheck("sum", inputs: [.rows(7, 9)]) { $0[0].sum() },
    GradientCheck("sum of rank 3", inputs: [.shape([2, 3, 4])]) { $0[0].sum() },
    GradientCheck("mean", inputs: [.rows(7, 9)]) { $0[0].mean() },
    GradientCheck("mean of rank 1", inputs: [.shape([5])]) { $0[0].mean() },
    GradientCheck("parameter as tensor", parameters: [[3, 4]]) {
      let x = $0.context.tensor($0.parameters[0])
      return x * x
    },
  ]

  static let rows: [GradientCheck] = [
    GradientCheck("rows", inputs: [.rows(7, 5)]) { $0[0].rows(2..<5) },
    GradientCheck("rows, several and again", inputs: [.rows(7, 5)]) {
      [$0[0].rows(0..<3), $0[0].rows(2..<7), $0[0].rows(4..<4), $0[0].relu()]
    },
    GradientCheck("gathered rows", inputs: [.rows(4, 5)]) { $0[0].gatheredRows([3, 0, 3, 3, 1]) },
    GradientCheck("joined rows", inputs: [.rows(3, 5), .rows(0, 5), .rows(2, 5)]) {
      joinedRows([$0[0], $0[1], $0[2]])
    },
    // The sum hands the join and its other side one gradient, which a part changes in place.
    GradientCheck("joined rows, shared gradient", inputs: [.rows(3, 5), .rows(5, 5)], step: 3e-4) {
      let joined = joinedRows([$0[0].relu(), $0[0].rows(0..<2).tanh()])
      return (joined + $0[1]).tanh()
    },
    GradientCheck("joined rows, a part twice", inputs: [.rows(3, 5)]) {
      joinedRows([$0[0], $0[0]])
    },
    GradientCheck("joined columns", inputs: [.rows(3, 5), .rows(3, 2), .rows(3, 17)]) {
      joinedColumns([$0[0], $0[1], $0[2], $0[1]])
    },
    GradientCheck("sequence means", inputs: [.ragged([3, 0, 1, 5], 6)]) { $0[0].sequenceMeans() },
    GradientCheck("dropout of pieces", inputs: [.ragged([3, 4], 40)]) {
      let draws = $0.context.nextDropout(rate: 0.4)
      return [$0[0].dropout(draws), $0[0].rows(0..<3).dropout(draws, rowIDs: [7, 7, 7])]
    },
  ]

  static let products: [GradientCheck] = [
    GradientCheck("matrix product", inputs: [.rows(5, 7), .rows(7, 3)]) {
      $0[0].matrixProduct($0[1])
    },
    GradientCheck("matrix product, one row", inputs: [.rows(1, 40), .rows(40, 17)]) {
      $0[0].matrixProduct($0[1])
    },
    GradientCheck("matrix product, left constant", inputs: [.rows(4, 6).constant, .rows(6, 5)]) {
      $0[0].matrixProduct($0[1])
    },
    GradientCheck("linear", inputs: [.rows(6, 10)], parameters: [[8, 10]]) {
      $0[0].linear(weight: $0.parameters[0])
    },
    GradientCheck("linear + bias", inputs: [.rows(6, 10)], parameters: [[8, 10], [8]]) {
      $0[0].linear(weight: $0.parameters[0], bias: $0.parameters[1])
    },
    GradientCheck("linear, one row and column", inputs: [.rows(1, 3)], parameters: [[1, 3], [1]]) {
      $0[0].linear(weight: $0.parameters[0], bias: $0.parameters[1])
    },
    GradientCheck(
      "linear of a constant", inputs: [.rows(6, 10).constant], parameters: [[8, 10], [8]]
    ) {
      $0[0].linear(weight: $0.parameters[0], bias: $0.parameters[1], activation: .tanh)
    },
    GradientCheck("linear relu", inputs: [.rows(6, 10)], parameters: [[8, 10]], step: 3e-4) {
      $0[0].linear(weight: $0.parameters[0], activation: .relu)
    },
    GradientCheck(
      "linear + bias relu", inputs: [.rows(6, 10)], parameters: [[8, 10], [8]], step: 3e-4
    ) {
      $0[0].linear(weight: $0.parameters[0], bias: $0.parameters[1], activation: .relu)
    },
    GradientCheck("linear gelu", inputs: [.rows(6, 10)], parameters: [[20, 10]]) {
      $0[0].linear(weight: $0.parameters[0], activation: .gelu)
    },
    GradientCheck("linear + bias gelu", inputs: [.rows(6, 10)], parameters: [[20, 10], [20]]) {
      $0[0].linear(weight: $0.parameters[0], bias: $0.parameters[1], activation: .gelu)
    },
    GradientCheck("linear tanh", inputs: [.rows(6, 4)], parameters: [[8, 4]]) {
      $0[0].linear(weight: $0.parameters[0], activation: .tanh)
    },
    GradientCheck("linear + bias tanh", inputs: [.rows(6, 4)], parameters: [[8, 4], [8]]) {
      $0[0].linear(weight: $0.parameters[0], bias: $0.parameters[1], activation: .tanh)
    },
    GradientCheck("linear sigmoid", inputs: [.rows(6, 4)], parameters: [[8, 4]]) {
      $0[0].linear(weight: $0.parameters[0], activation: .sigmoid)
    },
    GradientCheck("linear + bias sigmoid", inputs: [.rows(6, 4)], parameters: [[8, 4], [8]]) {
      $0[0].linear(weight: $0.parameters[0], bias: $0.parameters[1], activation: .sigmoid)
    },
    GradientCheck(
      "two linears of one input", inputs: [.rows(6, 10)], parameters: [[8, 10], [8, 10]]
    ) {
      [$0[0].linear(weight: $0.parameters[0]), $0[0].linear(weight: $0.parameters[1])]
    },
  ]

  static let activations: [GradientCheck] = [
    GradientCheck("relu", inputs: [.rows(5, 33).awayFromZero(0.1)]) { $0[0].relu() },
    GradientCheck("gelu", inputs: [.rows(5, 33)]) { $0[0].gelu() },
    GradientCheck("gelu by tanh", inputs: [.rows(5, 33)]) { $0[0].activated(.geluTanh) },
    GradientCheck("gate by GELU by tanh", inputs: [.rows(5, 34)]) { $0[0].gated(by: .geluTanh) },
    GradientCheck("swish", inputs: [.rows(5, 33)]) { $0[0].activated(.swish) },
    GradientCheck("gate by GELU", inputs: [.rows(5, 34)]) { $0[0].gated(by: .gelu) },
    GradientCheck("gate by swish, and again", inputs: [.rows(5, 2)]) {
      [$0[0].gated(by: .swish), $0[0].tanh()]
    },
    GradientCheck("tanh", inputs: [.rows(5, 33)]) { $0[0].tanh() },
    GradientCheck("sigmoid", inputs: [.rows(5, 33)]) { $0[0].sigmoid() },
    GradientCheck("identity", inputs: [.rows(5, 3)]) { $0[0].activated(.identity) },
    GradientCheck("activation of rank 3", inputs: [.shape([2, 3, 5])]) { $0[0].tanh() },
    GradientCheck("softmax", inputs: [.rows(4, 33)]) { $0[0].softmax() },
    GradientCheck("softmax of two", inputs: [.rows(9, 2)]) { $0[0].softmax() },
    GradientCheck("softmax of a vector", inputs: [.shape([7])]) { $0[0].softmax() },
    GradientCheck("dropout", inputs: [.rows(6, 40)]) { $0[0].dropout(0.4) },
    GradientCheck("dropout, ragged", inputs: [.ragged([3, 0, 4], 33)]) { $0[0].dropout(0.1) },
    GradientCheck("dropout at rate 0", inputs: [.rows(6, 4)]) { $0[0].dropout(0) },
  ]

  static let norms: [GradientCheck] = [
    GradientCheck("layer norm", inputs: [.rows(5, 24)], parameters: [[24], [24]]) {
      $0[0].layerNorm(weight: $0.parameters[0], bias: $0.parameters[1])
    },
    GradientCheck("RMS norm", inputs: [.rows(5, 24)], parameters: [[24]]) {
      $0[0].layerNorm(weight: $0.parameters[0], bias: nil)
    },
    GradientCheck(
      "RMS norm of a residual sum", inputs: [.rows(4, 9), .rows(4, 9)], parameters: [[9]]
    ) {
      let (sum, norm) = $0[0].addingNorm(
        $0[1], dropout: 0.2, weight: $0.parameters[0], bias: nil)
      return [sum, norm]
    },
    GradientCheck("layer norm, large ε", inputs: [.rows(3, 7)], parameters: [[7], [7]]) {
      $0[0].layerNorm(weight: $0.parameters[0], bias: $0.parameters[1], epsilon: 0.5)
    },
    GradientCheck(
      "layer norm of a constant", inputs: [.rows(5, 24).constant], parameters: [[24], [24]]
    ) {
      $0[0].layerNorm(weight: $0.parameters[0], bias: $0.parameters[1])
    },
    GradientCheck("residual", inputs: [.rows(5, 40), .rows(5, 40)]) {
      $0[0].adding($0[1], dropout: 0)
    },
    GradientCheck("residual dropout", inputs: [.ragged([3, 2], 40), .ragged([3, 2], 40)]) {
      $0[0].adding($0[1], dropout: 0.3)
    },
    GradientCheck("residual of itself", inputs: [.rows(5, 40)]) {
      $0[0].adding($0[0], dropout: 0.3)
    },
    GradientCheck("residual of a busy branch", inputs: [.rows(5, 40), .rows(5, 40)]) {
      // The branch has a gradient already when the residual's arrives.
      [$0[0].adding($0[1], dropout: 0.3), 2 * $0[1]]
    },
    GradientCheck("residual norm, both", inputs: norm2, parameters: [[40], [40]]) {
      let (sum, norm) = addingNorm($0, dropout: 0)
      return [sum, norm]
    },
    GradientCheck("residual norm, sum", inputs: norm2) {
      // The norm's parameters get no gradient, so they are not among those checked.
      let store = ParameterStore()
      let weight = store.root.parameter("w", [40], .constant(1))
      return $0[0].addingNorm($0[1], dropout: 0.2, weight: weight, bias: weight).sum
    },
    GradientCheck("residual norm, norm", inputs: norm2, parameters: [[40], [40]]) {
      addingNorm($0, dropout: 0).norm
    },
    GradientCheck("residual dropout norm, both", inputs: norm2, parameters: [[40], [40]]) {
      let (sum, norm) = addingNorm($0, dropout: 0.3)
      return [sum, norm]
    },
    GradientCheck("residual dropout norm, norm", inputs: norm2, parameters: [[40], [40]]) {
      addingNorm($0, dropout: 0.3).norm
    },
    GradientCheck(
      "residual norm of constants", inputs: norm2.map { $0.constant }, parameters: [[40], [40]]
    ) {
      addingNorm($0, dropout: 0.3).norm
    },
    GradientCheck("residual norm, shared gradient", inputs: norm2, parameters: [[40], [40]]) {
      // Both results receive one and the same buffer.
      let (sum, norm) = addingNorm($0, dropout: 0.3)
      return sum + norm
    },
  ]
  private static let norm2: [GradientCheck.Input] = [.ragged([3, 2], 40), .ragged([3, 2], 40)]

  @Sendable private static func addingNorm(_ scene: GradientCheck.Scene, dropout: Double) -> (
    sum: Tensor, norm: Tensor
  ) {
    scene[0].addingNorm(
      scene[1], dropout: dropout, weight: scene.parameters[0], bias: scene.parameters[1])
  }

  private static let ids: [Int32] = [3, 0, 3, 6, 1, 3, 5]
  private static let lengths = [4, 0, 3]

  static let embeddings: [GradientCheck] = [
    GradientCheck("embed", parameters: [[7, 20]]) {
      $0.context.embed(ids, in: $0.parameters[0], sequences: Sequences(lengths: lengths))
    },
    GradientCheck("embed, scaled with dropout", parameters: [[7, 40]]) {
      $0.context.embed(
        ids, in: $0.parameters[0], sequences: Sequences(lengths: lengths), scale: 3, dropout: 0.3)
    },
    GradientCheck("embed, learned positions", parameters: [[7, 20], [5, 20]]) {
      $0.context.embed(
        ids, in: $0.parameters[0], sequences: Sequences(lengths: lengths), scale: 0.5,
        positions: .learned($0.parameters[1]))
    },
    GradientCheck("embed, learned positions, dropout", parameters: [[7, 40], [9, 40]]) {
      $0.context.embed(
        ids, in: $0.parameters[0], sequences: Sequences(lengths: lengths),
        positions: .learned($0.parameters[1]), firstPosition: 4, dropout: 0.3)
    },
    GradientCheck("embed, fixed positions, dropout", parameters: [[7, 40]]) {
      $0.context.embed(
        ids, in: $0.parameters[0], sequences: Sequences(lengths: lengths), scale: 2,
        positions: .fixed(FixedPositions(count: 4, size: 40)), dropout: 0.2)
    },
  ]

  static let losses: [GradientCheck] = [
    loss("cross-entropy", rows: 5, size: 8, vocabulary: 11),
    loss("cross-entropy, smoothing", rows: 5, size: 8, vocabulary: 11, smoothing: 0.1),
    loss("cross-entropy, bias", rows: 5, size: 8, vocabulary: 11, hasBias: true),
    loss(
      "cross-entropy, all", rows: 7, size: 8, vocabulary: 35, hasBias: true, smoothing: 0.2,
      scale: 1.0 / 7),
    // 150 000 words leave 16 rows to a block of logits: three blocks, the last one partial.
    loss(
      "cross-entropy, blocks", rows: 37, size: 4, vocabulary: 150_000, hasBias: true,
      smoothing: 0.1, scale: 0.25),
    GradientCheck(
      "cross-entropy of a constant", inputs: [.rows(5, 8).constant], parameters: [[9, 8]]
    ) {
      let (loss, sums) = $0[0].crossEntropy(labels: [1, 2, 3, 4, 8], weight: $0.parameters[0])
      return (loss, sums.loss)
    },
  ]

  private static func loss(
    _ name: String, rows: Int, size: Int, vocabulary: Int, hasBias: Bool = false,
    smoothing: Double = 0, scale: Float = 1
  ) -> GradientCheck {
    var seeded = SeededValues("labels of " + name)
    let labels = seeded.ids(rows, below: vocabulary)
    return GradientCheck(
      name, inputs: [.rows(rows, size)],
      parameters: [[vocabulary, size]] + (hasBias ? [[vocabulary]] : [])
    ) { scene in
      let (loss, sums) = scene[0].crossEntropy(
        labels: labels, weight: scene.parameters[0], bias: hasBias ? scene.parameters[1] : nil,
        smoothing: smoothing, scale: scale)
      return (loss, Double(scale) * sums.loss)
    }
  }

  /// A tensor or parameter used more than once gets the sum of its gradients.
  static let reuse: [GradientCheck] = [
    GradientCheck("a + a", inputs: [.rows(3, 5)]) { $0[0] + $0[0] },
    GradientCheck("a − a · a", inputs: [.rows(3, 5)]) { $0[0] - $0[0] * $0[0] },
    GradientCheck("a · a · a", inputs: [.rows(3, 5)]) { $0[0] * $0[0] * $0[0] },
    GradientCheck("a A", inputs: [.rows(6, 6)]) { $0[0].matrixProduct($0[0]) },
    GradientCheck("a sum, twice", inputs: [.rows(4, 6)]) {
      let sum = $0[0].sum()
      return sum * sum + 0.5 * $0[0].sum()
    },
    GradientCheck("a shared, changed by each", inputs: [.rows(4, 6)]) {
      // All four receive one buffer from the sums; two of them change theirs in place.
      let (a, b) = ($0[0].tanh(), $0[0].sigmoid())
      return (a + b) + ($0[0].dropout(0.3) + $0[0])
    },
    GradientCheck("norm beside its input", inputs: [.rows(4, 6)], parameters: [[6], [6]]) {
      $0[0].layerNorm(weight: $0.parameters[0], bias: $0.parameters[1]) + $0[0]
    },
    GradientCheck("softmax beside its input", inputs: [.rows(4, 6)]) { $0[0].softmax() + $0[0] },
    GradientCheck("a weight used twice", inputs: [.rows(4, 6)], parameters: [[6, 6], [6]]) {
      let (weight, bias) = ($0.parameters[0], $0.parameters[1])
      return $0[0].linear(weight: weight, bias: bias, activation: .tanh)
        .linear(weight: weight, bias: bias, activation: .sigmoid)
    },
    GradientCheck("tied embedding and output", parameters: [[9, 12]]) {
      let x = $0.context.embed(
        [1, 4, 4, 8], in: $0.parameters[0], sequences: Sequences(lengths: [4]), scale: 1.5)
      let (loss, sums) = x.tanh().crossEntropy(
        labels: [4, 4, 8, 0], weight: $0.parameters[0], smoothing: 0.1)
      return (loss, sums.loss)
    },
  ]
}
