import Foundation
import SeqTensors
import SeqTestSupport
import Testing

/// The operations that the training regimes are made of.
@Suite struct RegimeOperationTests {
  @Test(arguments: checks)
  func agreesWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  private static let lengths = [3, 1, 4]

  /// An embedding whose rows 1, 4 and 6 read mixtures.
  private static func mixing(
    _ scene: GradientCheck.Scene, positions: PositionTable? = nil, dropout: Double = 0
  ) -> Tensor {
    scene.context.embed(
      [0, 5, 2, 3, 0, 1, 5, 2],
      mixture: EmbeddingMixture(weights: scene[0], rows: [1, 4, 6]), in: scene.parameters[0],
      sequences: Sequences(lengths: lengths), scale: 1.5, positions: positions, dropout: dropout)
  }

  static let checks: [GradientCheck] = [
    GradientCheck("embedding mixture", inputs: [.rows(3, 6)], parameters: [[6, 5]]) {
      mixing($0)
    },
    GradientCheck(
      "embedding mixture, positions, dropout", inputs: [.rows(3, 6)],
      parameters: [[6, 40], [4, 40]]
    ) {
      mixing($0, positions: .learned($0.parameters[1]), dropout: 0.3)
    },
    GradientCheck(
      "embedding mixture of constants", inputs: [.rows(3, 6).constant], parameters: [[6, 5]]
    ) {
      mixing($0)
    },
    GradientCheck("Gumbel softmax", inputs: [.rows(5, 9)]) {
      $0[0].gumbelSoftmax(temperature: 0.7, key: 3)
    },
    GradientCheck("Gumbel softmax without some columns", inputs: [.rows(4, 7)]) {
      $0[0].gumbelSoftmax(temperature: 1.5, key: 3, excluding: [0, 2])
    },
    GradientCheck("sequence log-probabilities", inputs: [.ragged(lengths, 7)]) {
      $0[0].sequenceLogProbabilities(of: [0, 6, 2, 3, 3, 1, 5, 2])
    },
    GradientCheck(
      "expected cost of log-probabilities", inputs: [.shape([6])]
    ) {
      let (sum, groups) = $0[0].expectedCost(
        [0.1, 0.9, 0.4, 1, 0, 0.5], groupSizes: [3, 2, 1], sharpness: 0.8, scale: 2)
      return (sum, 2 * groups.reduce(0, +))
    },
    GradientCheck("logistic loss, yes", inputs: [.rows(6, 1)]) {
      let (loss, sums) = $0[0].logisticLoss(answer: true, scale: 0.5)
      return (loss, 0.5 * sums.loss)
    },
    GradientCheck("logistic loss, no", inputs: [.rows(6, 1)]) {
      let (loss, sums) = $0[0].logisticLoss(answer: false)
      return (loss, sums.loss)
    },
  ]

  @Test("a one-hot mixture reads what its token reads, dropout included")
  func oneHotMixture() {
    let store = ParameterStore(seed: 2)
    let table = store.root.parameter("table", [6, 40], .normal(deviation: 1))
    let context = Context(mode: .training, store: store)
    let ids: [Int32] = [4, 2, 0, 3]
    let sequences = Sequences(lengths: [2, 2])
    var oneHot = [Float](repeating: 0, count: 12)
    oneHot[2] = 1
    oneHot[6 + 3] = 1
    let mixture = EmbeddingMixture(
      weights: context.tensor(oneHot, shape: [2, 6]), rows: [1, 3])
    for rate in [0, 0.4] {
      context.seedDropout(5)
      let expected = context.embed(
        ids, in: table, sequences: sequences, scale: 2, dropout: rate)
      context.seedDropout(5)
      // What the ids say where a mixture stands has no effect.
      let found = context.embed(
        [4, 0, 0, 0], mixture: mixture, in: table, sequences: sequences, scale: 2, dropout: rate)
      #expect(found.values == expected.values, "dropout \(rate)")
    }
    context.discardRecorded()
  }

  @Test("straight through: one-hot at the largest weight, with the gradient of the weights")
  func straightThrough() {
    let context = Context(mode: .training)
    let logits: [Float] = [0.3, 2, -1, 0.7, 0.7, 0.6]
    let outer: [Float] = [1, -2, 3, 0.5, 0.25, -4]
    func gradient(_ transform: (Tensor) -> Tensor) -> (values: [Float], gradient: [Float]) {
      let x = context.variable(logits, shape: [2, 3])
      let y = transform(x.softmax())
      let loss = (y * context.tensor(outer, shape: [2, 3])).sum()
      return (y.values, loss.backward(to: [x])[0])
    }
    let soft = gradient { $0 }
    let hard = gradient { $0.straightThrough() }
    #expect(hard.values == [0, 1, 0, 1, 0, 0])
    #expect(hard.gradient == soft.gradient)
    #expect(soft.gradient.contains { $0 != 0 })
  }

  @Test("the largest Gumbel-softmax weight stands at a draw from the softmax")
  func gumbelFrequencies() {
    let context = Context(mode: .inference)
    let logits: [Float] = [0, 1, -1, 2, 0.5]
    let count = 20_000
    let x = context.tensor(
      (0..<count).flatMap { _ in logits }, shape: [count, logits.count])
    let total = logits.reduce(0) { $0 + exp(Double($1)) }
    var chiSquare = 0.0
    let draws = x.gumbelSoftmax(temperature: 0.5, key: 11).straightThrough().values
    for column in logits.indices {
      let found = (0..<count).reduce(0) { $0 + Double(draws[$1 * logits.count + column]) }
      let expected = Double(count) * exp(Double(logits[column])) / total
      chiSquare += (found - expected) * (found - expected) / expected
    }
    // The 99.9 % quantile with 4 degrees of freedom.
    #expect(chiSquare < 18.47)
    #expect(chiSquare > 0)
  }

  @Test("Gumbel noise belongs to the row's id, and the weights of a row are probabilities")
  func gumbelKeys() {
    let context = Context(mode: .inference)
    let values = (0..<12).map { Float($0 % 5) / 3 }
    func weights(_ rows: [Int], key: UInt64) -> [[Float]] {
      let x = context.tensor(
        rows.flatMap { Array(values[4 * $0..<4 * $0 + 4]) }, shape: [rows.count, 4])
      let y = x.gumbelSoftmax(
        temperature: 1, key: key, rowIDs: rows.map { UInt32(7 + $0) }, excluding: [1]
      ).values
      return rows.indices.map { Array(y[4 * $0..<4 * $0 + 4]) }
    }
    let all = weights([0, 1, 2], key: 1)
    #expect(weights([2, 0], key: 1) == [all[2], all[0]])
    #expect(weights([0, 1, 2], key: 2) != all)
    for row in all {
      #expect(row[1] == 0)
      #expect(abs(row.reduce(0, +) - 1) < 1e-6)
    }
  }

  @Test("what is computed aside changes no draw that follows and, unrecorded, has no gradient")
  func aside() {
    let store = ParameterStore(seed: 1)
    let weight = store.root.parameter("w", [3, 3], .normal(deviation: 1))
    let context = Context(mode: .training, store: store)
    let x = context.tensor([Float](repeating: 1, count: 96), shape: [32, 3])
    func gradient(asideFirst: Bool, recording: Bool) -> [Float] {
      context.gradients.clear()
      context.seedDropout(9)
      let before = x.dropout(0.5).linear(weight: weight)
      var loss = before.sum()
      if asideFirst {
        let side = context.aside(recording: recording) {
          before.dropout(0.5).linear(weight: weight)
        }
        loss = loss + side.sum()
      }
      loss = loss + before.dropout(0.5).sum()
      return loss.backward()[weight]
    }
    let without = gradient(asideFirst: false, recording: false)
    #expect(gradient(asideFirst: true, recording: false) == without)
    #expect(gradient(asideFirst: true, recording: true) != without)
  }

  @Test("a second store has gradients of its own; frozen, they are left alone")
  func auxiliaryStore() throws {
    let store = ParameterStore(seed: 1)
    let other = ParameterStore(seed: 2)
    let weight = store.root.parameter("w", [2, 2], .normal(deviation: 1))
    let judge = other.root.parameter("w", [1, 2], .normal(deviation: 1))
    let context = Context(mode: .training, store: store, auxiliaryStore: other)
    let auxiliary = try #require(context.auxiliaryGradients)
    func loss() -> Tensor {
      context.tensor([1, 2], shape: [1, 2]).linear(weight: weight).linear(weight: judge).sum()
    }
    auxiliary.frozen { _ = loss().backward() }
    #expect(auxiliary[judge] == [0, 0])
    let through = context.gradients[weight]
    #expect(through.allSatisfy { $0 != 0 })
    loss().backward()
    #expect(auxiliary[judge].allSatisfy { $0 != 0 })
    #expect(context.gradients[weight] == through.map { 2 * $0 })
  }
}
