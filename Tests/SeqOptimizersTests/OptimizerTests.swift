import SeqKernels
import SeqOptimizers
import SeqTensors
import Testing

/// Optimizers against torch.optim, and what holds whatever the numbers.
@Suite struct OptimizerTests {
  /// Parameters that see the gradients they are told to.
  struct Bench {
    let store: ParameterStore
    let contexts: [Context]
    let optimizer: any Optimizer

    init(
      _ configuration: OptimizerConfiguration,
      values: [(name: String, shape: Shape, values: [Float])], contextCount: Int = 1
    ) {
      let store = ParameterStore()
      for (name, shape, values) in values {
        store.root.parameter(name, shape, .constant(0)).assign(values)
      }
      self.store = store
      contexts = (0..<contextCount).map { _ in Context(mode: .training, store: store) }
      optimizer = configuration.optimizer(for: store)
    }

    /// Adds a gradient to those of a context: that of `Σ parameter · gradient`.
    func add(_ gradient: [Float], to parameter: Parameter, of context: Context) {
      let factors = context.tensor(gradient, shape: parameter.shape)
      (context.tensor(parameter) * factors).sum().backward()
    }

    func update(scale: Double = 1, rate: Double, pool: WorkerPool<Int>) throws -> Double {
      try optimizer.update(
        summing: contexts.map { GradientBuffer($0.gradients) }, scale: scale, rate: rate,
        pool: pool)
    }

    var values: [Float] { store.parameters.flatMap(\.values) }
  }

  @Test func agreesWithTorch() throws {
    let fixture = try OptimizerFixture.recorded.get()
    let pool = WorkerPool(count: 2) { $0 }
    #expect(fixture.cases.count == 18)
    for recorded in fixture.cases {
      let bench = Bench(
        recorded.optimizer,
        values: try fixture.parameters.sorted { $0.key < $1.key }.map {
          ($0, Shape(try #require(fixture.shapes[$0])), $1)
        })
      for (step, gradients) in fixture.gradients.enumerated() {
        for parameter in bench.store.parameters {
          bench.add(try #require(gradients[parameter.name]), to: parameter, of: bench.contexts[0])
        }
        let norm = try bench.update(rate: recorded.learningRates[step], pool: pool)
        let expectedNorm = recorded.gradientNorms[step]
        #expect(abs(norm - expectedNorm) <= 1e-6 * expectedNorm, "\(recorded.name), step \(step)")
        for parameter in bench.store.parameters {
          let expected = try #require(recorded.after[step][parameter.name])
          for (ours, theirs) in zip(parameter.values, expected) {
            #expect(
              abs(Double(ours) - theirs) <= 1e-6 * max(1, abs(theirs)),
              "\(recorded.name), \(parameter.name), step \(step)")
          }
        }
      }
      #expect(bench.optimizer.stepCount == fixture.gradients.count)
    }
  }

  /// Several chunks, the last one not full, in parameters of uneven sizes.
  static let shapes: [Shape] = [[70_001], [1, 5], [330, 100], [1], [17]]

  private func largeBench(_ configuration: OptimizerConfiguration, contextCount: Int = 1) -> Bench {
    var random = CountedRandom(1)
    return Bench(
      configuration,
      values: Self.shapes.enumerated().map { index, shape in
        ("p\(index)", shape, (0..<shape.count).map { _ in Float(random.normal()) })
      }, contextCount: contextCount)
  }

  private func randomGradient(_ parameter: Parameter, _ step: Int) -> [Float] {
    var random = CountedRandom(2, UInt64(step), CountedRandom.hash(parameter.name))
    return (0..<parameter.shape.count).map { _ in Float(random.normal()) }
  }

  @Test(
    "rows of an embedding that nobody read are passed over, and nothing changes by that",
    arguments: [OptimizerConfiguration.Kind.adam, .adamw, .sgd, .adafactor])
  func unreadRows(kind: OptimizerConfiguration.Kind) throws {
    var random = CountedRandom(4)
    let values: [(name: String, shape: Shape, values: [Float])] = [
      ("before", [3], [1, 2, 3]),
      ("table", [3000, 20], (0..<60_000).map { _ in Float(random.normal()) }),
    ]
    var configuration = OptimizerConfiguration(type: kind)
    configuration.weightDecay = 0.01
    let passing = Bench(configuration, values: values, contextCount: 2)
    let whole = Bench(configuration, values: values, contextCount: 2)
    let pool = WorkerPool(count: 2) { $0 }
    for step in 0..<4 {
      for index in 0..<2 {
        let ids = (0..<3).map { _ in Int32.random(in: 0..<3000, using: &random) }
        for bench in [passing, whole] {
          let context = bench.contexts[index]
          let rows = context.embed(
            ids, in: bench.store.parameters[1], sequences: Sequences(lengths: [3]))
          (rows * rows).sum().backward()
        }
        let gradients = passing.contexts[index].gradients
        let touched = (0..<Gradients.blockCount(gradients.count)).count { gradients.isTouched[$0] }
        #expect((1...6).contains(touched), "rows of 20, at most two blocks each")
        // Whoever asks for a parameter's gradient may add to all of it.
        for parameter in whole.store.parameters {
          _ = whole.contexts[index].gradients.pointer(to: parameter)
        }
      }
      let norm = try passing.update(rate: 0.1, pool: pool)
      #expect(norm > 0)
      #expect(norm == (try whole.update(rate: 0.1, pool: pool)))
      #expect(passing.values == whole.values, "step \(step)")
      for bench in [passing, whole] {
        for context in bench.contexts {
          #expect(
            bench.store.parameters.allSatisfy { context.gradients[$0].allSatisfy { $0 == 0 } })
        }
      }
    }
  }

  /// The formulas of Kingma & Ba, §2, and of Loshchilov & Hutter, algorithm 2, one number at a time.
  @Test(arguments: [OptimizerConfiguration.Kind.adam, .adamw])
  func longParametersFollowTheFormulas(type: OptimizerConfiguration.Kind) throws {
    let configuration = OptimizerConfiguration(type: type, weightDecay: 0.1, clipNorm: 40)
    let bench = largeBench(configuration)
    let pool = WorkerPool(count: 2) { $0 }
    var values = bench.values.map(Double.init)
    var first = [Double](repeating: 0, count: values.count)
    var second = first
    for step in 1...3 {
      let gradients = bench.store.parameters.map { randomGradient($0, step) }
      for (parameter, gradient) in zip(bench.store.parameters, gradients) {
        bench.add(gradient, to: parameter, of: bench.contexts[0])
      }
      let norm = try bench.update(scale: 0.5, rate: 0.01, pool: pool)
      let all = gradients.joined().map { 0.5 * Double($0) }
      let expectedNorm = all.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(norm - expectedNorm) <= 1e-6 * expectedNorm)
      #expect(norm > 100)
      for (index, raw) in all.enumerated() {
        var gradient = raw * 40 / (expectedNorm + 1e-6)
        if type == .adam { gradient += 0.1 * values[index] }
        first[index] = 0.9 * first[index] + 0.1 * gradient
        second[index] = 0.98 * second[index] + 0.02 * gradient * gradient
        let mean = first[index] / (1 - (1...step).reduce(1) { power, _ in power * 0.9 })
        let square = second[index] / (1 - (1...step).reduce(1) { power, _ in power * 0.98 })
        if type == .adamw { values[index] -= 0.01 * 0.1 * values[index] }
        values[index] -= 0.01 * mean / (square.squareRoot() + 1e-9)
      }
    }
    let worst = zip(bench.values, values).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(worst <= 1e-6 * 5)
  }

  @Test(arguments: OptimizerConfiguration.Kind.allCases)
  func workerCountChangesNoBit(type: OptimizerConfiguration.Kind) throws {
    let configuration = OptimizerConfiguration(
      type: type, weightDecay: 0.1, clipNorm: 40, momentum: 0.9)
    var results: [(values: [Float], norms: [Double])] = []
    for count in [1, 2, 3, 8] {
      let bench = largeBench(configuration, contextCount: 2)
      let pool = WorkerPool(count: count) { $0 }
      let norms = try (0..<3).map { step in
        for parameter in bench.store.parameters {
          for (index, context) in bench.contexts.enumerated() {
            bench.add(randomGradient(parameter, 2 * step + index), to: parameter, of: context)
          }
        }
        return try bench.update(rate: 0.01, pool: pool)
      }
      results.append((bench.values, norms))
    }
    for result in results.dropFirst() {
      #expect(result.values == results[0].values)
      #expect(result.norms == results[0].norms)
    }
  }

  @Test func sumsTheBuffersAndClearsThem() throws {
    let configuration = OptimizerConfiguration()
    let pool = WorkerPool(count: 2) { $0 }
    let together = largeBench(configuration)
    let apart = largeBench(configuration, contextCount: 3)
    for parameter in together.store.parameters {
      for part in 0..<3 {
        // Whole numbers, so that sums are exact in any order.
        let gradient = randomGradient(parameter, part).map { (8 * $0).rounded() }
        together.add(gradient, to: parameter, of: together.contexts[0])
        if let twin = apart.store[parameter.name] {
          apart.add(gradient, to: twin, of: apart.contexts[part])
        }
      }
    }
    let norms = try (
      together.update(rate: 0.01, pool: pool), apart.update(rate: 0.01, pool: pool)
    )
    #expect(norms.0 == norms.1)
    #expect(together.values == apart.values)
    #expect(together.values != largeBench(configuration).values)
    for context in apart.contexts {
      for parameter in apart.store.parameters {
        #expect(context.gradients[parameter].allSatisfy { $0 == 0 })
      }
    }
  }

  @Test(arguments: [Float.infinity, .nan], OptimizerConfiguration.Kind.allCases)
  func aGradientThatIsNotFiniteUpdatesNothing(
    poison: Float, type: OptimizerConfiguration.Kind
  ) throws {
    let configuration = OptimizerConfiguration(type: type, momentum: 0.9)
    let bench = largeBench(configuration, contextCount: 2)
    let pool = WorkerPool(count: 2) { $0 }
    let before = bench.values
    let parameter = bench.store.parameters[2]
    var gradient = randomGradient(parameter, 0)
    gradient[32_999] = poison
    bench.add(gradient, to: parameter, of: bench.contexts[0])
    bench.add(randomGradient(parameter, 1), to: parameter, of: bench.contexts[1])
    let norm = try bench.update(rate: 0.01, pool: pool)
    #expect(!norm.isFinite)
    #expect(bench.values == before)
    #expect(bench.optimizer.stepCount == 0)
    #expect(bench.optimizer.slots.allSatisfy { slot in slot.values.allSatisfy { $0 == 0 } })

    // Whoever goes on does as if the batch had never been.
    let untouched = largeBench(configuration, contextCount: 2)
    for other in [bench, untouched] {
      for (index, context) in other.contexts.enumerated() {
        let parameter = other.store.parameters[2]
        other.add(randomGradient(parameter, 2 + index), to: parameter, of: context)
      }
      #expect(try other.update(rate: 0.01, pool: pool).isFinite)
    }
    #expect(bench.values == untouched.values)
    #expect(bench.values != before)
  }

  @Test func gradientsOfAnotherStoreEndTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      func store(_ size: Int) -> ParameterStore {
        let store = ParameterStore()
        _ = store.root.parameter("weight", [size], .constant(1))
        return store
      }
      let context = Context(mode: .training, store: store(33))
      _ = try Adam(OptimizerConfiguration(), store: store(4)).update(
        summing: [GradientBuffer(context.gradients)], scale: 1, rate: 0.1,
        pool: WorkerPool(count: 1) { $0 })
    }
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains("optimizer: 16 values and 48 gradients, sizes differ"))
  }

  @Test(arguments: OptimizerConfiguration.Kind.allCases)
  func restoredStateGoesOnBitForBit(type: OptimizerConfiguration.Kind) throws {
    let configuration = OptimizerConfiguration(
      type: type, weightDecay: 0.1, momentum: 0.9, nesterov: true)
    let pool = WorkerPool(count: 2) { $0 }
    func take(_ steps: Range<Int>, _ bench: Bench) throws {
      for step in steps {
        for parameter in bench.store.parameters {
          bench.add(randomGradient(parameter, step), to: parameter, of: bench.contexts[0])
        }
        _ = try bench.update(rate: 0.01, pool: pool)
      }
    }
    let whole = largeBench(configuration)
    try take(0..<2, whole)
    let resumed = largeBench(configuration)
    for (from, to) in zip(whole.store.parameters, resumed.store.parameters) {
      to.assign(from.values)
    }
    for (from, to) in zip(whole.optimizer.slots, resumed.optimizer.slots) {
      _ = to.values.update(fromContentsOf: from.values)
    }
    resumed.optimizer.restore(stepCount: whole.optimizer.stepCount)
    try take(2..<5, whole)
    try take(2..<5, resumed)
    #expect(resumed.values == whole.values)
    #expect(resumed.optimizer.stepCount == 5)
    for (a, b) in zip(whole.optimizer.slots, resumed.optimizer.slots) {
      #expect(a.name == b.name && a.values.elementsEqual(b.values))
    }
  }

  @Test func adafactorRemembersRowsAndColumnsAlone() {
    let bench = largeBench(OptimizerConfiguration(type: .adafactor))
    let sizes = bench.optimizer.slots.map { "\($0.name) \($0.shape)" }
    #expect(
      sizes == [
        "second.p0 [70001]", "row.p1 [1]", "column.p1 [5]", "row.p2 [330]", "column.p2 [100]",
        "second.p3 [1]", "second.p4 [17]",
      ])
    #expect(largeBench(OptimizerConfiguration(type: .sgd)).optimizer.slots.isEmpty)
  }

  @Test(arguments: [1, 2, 3])
  func movingAverageFollowsItsFormula(workerCount: Int) throws {
    let bench = largeBench(OptimizerConfiguration())
    let pool = WorkerPool(count: workerCount) { $0 }
    let average = MovingAverage(of: bench.store, decay: 0.3)
    var expected = bench.values.map(Double.init)
    for step in 1...8 {
      for parameter in bench.store.parameters { parameter.assign(randomGradient(parameter, step)) }
      try average.update(pool: pool)
      // t / (t + 9) reaches 0.3 at the fourth update.
      let kept = min(0.3, Double(step) / Double(step + 9))
      for (index, value) in bench.values.enumerated() {
        expected[index] = kept * expected[index] + (1 - kept) * Double(value)
      }
    }
    let own = bench.values
    try average.exchange(pool: pool)
    for (ours, theirs) in zip(bench.values, expected) {
      #expect(abs(Double(ours) - theirs) <= 1e-6 * max(1, abs(theirs)))
    }
    #expect(average.slots.flatMap { Array($0.values) } == own)
    try average.exchange(pool: pool)
    #expect(bench.values == own)
  }

  @Test func packedWeightsFollowAnUpdate() throws {
    let store = ParameterStore(seed: 3)
    let weight = store.root.parameter("weight", [4, 4], .xavierUniform())
    let training = Context(mode: .training, store: store)
    let inference = Context(mode: .inference)
    func product(_ context: Context) -> [Float] {
      context.tensor([1, 2, 3, 4], shape: [1, 4]).linear(weight: weight).values
    }
    let before = product(inference)
    training.tensor([1, 2, 3, 4], shape: [1, 4]).linear(weight: weight).sum().backward()
    let optimizer = Adam(OptimizerConfiguration(), store: store)
    _ = try optimizer.update(
      summing: [GradientBuffer(training.gradients)], scale: 1, rate: 0.1,
      pool: WorkerPool(count: 1) { $0 })
    let after = product(inference)
    for (old, new) in zip(before, after) { #expect(abs(new - (old - 1)) < 1e-4) }
  }
}
