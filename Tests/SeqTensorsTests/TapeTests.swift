import SeqTensors
import SeqTestSupport
import Testing

@Suite struct TapeTests {
  @Test func gradientsAreSummedUntilCleared() {
    let store = ParameterStore()
    let weight = store.root.parameter("weight", [3], .constant(2))
    let other = store.root.parameter("other", [2], .constant(2))
    let context = Context(mode: .training, store: store)
    for count in 1...3 {
      let w = context.tensor(weight)
      (w * w).sum().backward()
      #expect(context.gradients[weight] == [Float](repeating: Float(4 * count), count: 3))
      #expect(context.gradients[other] == [0, 0])
    }
    context.gradients.clear()
    #expect(context.gradients[weight] == [0, 0, 0])
  }

  @Test func whatTheLossDoesNotDependOnGetsNothing() {
    let context = Context(mode: .training)
    let (a, b) = (context.variable([1, 2], shape: [2]), context.variable([3, 4], shape: [2]))
    let unused = b.tanh()
    let gradients = (a * a).sum().backward(to: [a, b])
    #expect(gradients == [[2, 4], [0, 0]])
    // It can still be read.
    #expect(unused.values.count == 2)
  }

  @Test func inferenceAndTrainingAgree() {
    let model = MemoryTests.Model()
    let store = model.store
    let weight = store.root.parameter("extra", [20, 16], .xavierUniform())
    let bias = store.root.parameter("extraBias", [20], .uniform(bound: 1))
    var seeded = SeededValues("modes")
    let values = seeded.normal(21 * 16)
    let labels = seeded.ids(21, below: 20)
    func run(_ mode: Context.Mode) -> [[Float]] {
      let context = Context(mode: mode, store: store)
      let x = context.tensor(values, shape: [21, 16])
      let loss = x.crossEntropy(labels: labels, weight: weight, bias: bias, smoothing: 0.1)
      defer { context.discardRecorded() }
      return [
        x.linear(weight: weight).values,
        x.linear(weight: weight, bias: bias).values,
        x.linear(weight: weight, bias: bias, activation: .relu).values,
        x.linear(weight: weight, bias: bias, activation: .gelu).values,
        x.linear(weight: weight, activation: .tanh).values,
        x.linear(weight: weight, bias: bias, activation: .sigmoid).values,
        [loss.loss.scalar, Float(loss.sums.negativeLogLikelihood), Float(loss.sums.correctCount)],
      ]
    }
    for (training, inference) in zip(run(.training), run(.inference)) {
      #expect(Tolerance(relative: 1e-6).problem(inference, training) == nil)
    }
  }

  /// Packed forms follow the weight and the bias.
  @Test func inferenceSeesNewValues() {
    let store = ParameterStore()
    let weight = store.root.parameter("weight", [1, 2], .constant(1))
    let bias = store.root.parameter("bias", [1], .constant(0))
    let context = Context(mode: .inference)
    func result() -> Float {
      context.tensor([1, 2], shape: [1, 2]).linear(weight: weight, bias: bias).scalar
    }
    #expect(result() == 3)
    weight.assign([1, 10])
    #expect(result() == 21)
    bias.assign([100])
    #expect(result() == 121)
    bias.pointer[0] = 200
    store.valuesDidChange()
    #expect(result() == 221)
  }

  @Test func aParameterIsATensorInInference() {
    let store = ParameterStore()
    let x = store.root.parameter("x", [5, 3], .normal(deviation: 1))
    let weight = store.root.parameter("weight", [2, 3], .normal(deviation: 1))
    let (training, inference) = (Context(mode: .training, store: store), Context(mode: .inference))
    let expected = training.tensor(x).linear(weight: weight).values
    training.discardRecorded()
    #expect(
      Tolerance(relative: 1e-6).problem(
        inference.tensor(x).linear(weight: weight).values, expected) == nil)
  }

  @Test func emptyBatches() {
    let store = ParameterStore()
    let weight = store.root.parameter("weight", [4, 4], .constant(1))
    let bias = store.root.parameter("bias", [4], .constant(1))
    for mode in [Context.Mode.training, .inference] {
      let context = Context(mode: mode, store: store)
      let sequences = Sequences(lengths: [0, 0])
      let x = context.embed([], in: weight, sequences: sequences)
      let all = x.linear(weight: weight, bias: bias, activation: .gelu).slice(0, size: 4)
      let y = attention(queries: all, keys: all, values: all, headCount: 2, dropout: 0.1).output
      let z = x.addingNorm(y, dropout: 0.1, weight: bias, bias: bias).norm
      let (loss, sums) = z.softmax().crossEntropy(labels: [], weight: weight)
      #expect(loss.scalar == 0 && sums.loss == 0)
      if mode == .training {
        #expect(loss.backward()[weight] == [Float](repeating: 0, count: 16))
      }
    }
  }

  @Test func fixedPositionsAreSinusoids() {
    let positions = FixedPositions(count: 3, size: 4)
    let store = ParameterStore()
    let table = store.root.parameter("table", [1, 4], .constant(0))
    let context = Context(mode: .inference)
    let y = context.embed(
      [0, 0, 0], in: table, sequences: Sequences(lengths: [3]), positions: .fixed(positions))
    // sin p, sin p/10⁴, cos p, cos p/10⁴
    let expected: [Double] = [
      0, 0, 1, 1, 0.841_470_984_8, 1e-4, 0.540_302_305_9, 0.999_999_995, 0.909_297_426_8, 2e-4,
      -0.416_146_836_5, 0.999_999_98,
    ]
    #expect(Tolerance(relative: 1e-7).problem(y.values, expected) == nil)
  }
}
