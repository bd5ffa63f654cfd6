import SeqLayers
import SeqTensors
import Testing

/// The pointer-generator against the paper's equations in PyTorch.
@Suite struct PointerGeneratorTests {
  private struct Description: Decodable {
    let stateSize: Int
    let memorySize: Int
    let size: Int
    let vocabulary: Int
    let smoothing: Double
    let coverageWeight: Double
  }

  /// A recorded batch, and the layer and the vocabulary it goes through.
  private struct Scene {
    let golden: RecordedTensors
    let sizes: Description
    let variant: String
    let store = ParameterStore()
    let pointer: PointerGenerator
    let weight: Parameter
    let bias: Parameter

    init(_ variant: String) throws {
      golden = try RecordedTensors("pointer-generator")
      sizes = try golden.description(Description.self)
      self.variant = variant
      let root = store.root
      pointer = PointerGenerator(
        in: root, stateSize: sizes.stateSize, memorySize: sizes.memorySize, size: sizes.size,
        hasCoverage: variant == "coverage")
      weight = root["output"].parameter(
        "weight", [sizes.vocabulary, sizes.stateSize], .constant(0))
      bias = root["output"].parameter("bias", [sizes.vocabulary], .constant(0))
      for parameter in store.parameters {
        parameter.assign(try golden.floats("parameters/" + parameter.name))
      }
    }

    var targets: Sequences {
      get throws { Sequences(lengths: try golden.lengths("target_lengths")) }
    }
    var sources: Sequences {
      get throws { Sequences(lengths: try golden.lengths("source_lengths")) }
    }
    func ids(_ name: String) throws -> [Int32] { try golden.lengths(name).map(Int32.init) }

    /// States and memory as leaves, what is read of them, and where words come from.
    func read(in context: Context) throws -> (
      leaves: [Tensor], reading: PointerGenerator.Reading, copying: CopyMixture
    ) {
      let states = try golden.variable("states", context, targets)
      let memory = try golden.variable("memory", context, sources)
      let reading = pointer(states, memory: memory)
      let copying = CopyMixture(
        gate: reading.gate, weights: reading.weights, sourceIDs: try ids("source_ids"))
      return ([states, memory], reading, copying)
    }

    func expectGradients(_ found: [[Float]], _ context: Context, _ objective: String) throws {
      let prefix = "\(variant)/\(objective)/"
      let scale = try golden.scale(prefix: prefix)
      for (name, gradient) in zip(["states", "memory"], found) {
        #expect(try golden.problem(prefix + name, gradient, scale: scale) == nil)
      }
      for parameter in store.parameters {
        let gradient = context.gradients[parameter]
        #expect(try golden.problem(prefix + parameter.name, gradient, scale: scale) == nil)
      }
    }
  }

  @Test(arguments: ["plain", "coverage"])
  func crossEntropyAndItsGradients(variant: String) throws {
    let scene = try Scene(variant)
    let context = Context(mode: .training, store: scene.store)
    let (leaves, reading, copying) = try scene.read(in: context)
    #expect(
      try scene.golden.problem("\(variant)/weights", reading.weights.tensor.values) == nil)
    var (loss, sums) = reading.states.crossEntropy(
      labels: try scene.ids("labels"), weight: scene.weight, bias: scene.bias,
      smoothing: scene.sizes.smoothing, copying: copying)
    let (again, coverage) = reading.weights.coverageLoss(
      scale: Float(scene.sizes.coverageWeight))
    #expect(try scene.golden.problem("\(variant)/coverage", [Float(coverage)]) == nil)
    if variant == "coverage" { loss = loss + again }
    #expect(try scene.golden.problem("\(variant)/loss", [loss.scalar]) == nil)

    // What is said of the labels is what the distributions say.
    let rows = try scene.golden.floats("\(variant)/log_probabilities")
    let words = rows.count / reading.states.shape.rows
    var likelihood = 0.0
    var correct = 0
    for (row, label) in try scene.ids("labels").enumerated() {
      let values = rows[row * words..<(row + 1) * words]
      likelihood -= Double(values[row * words + Int(label)])
      let best = values.indices.max { values[$0] < values[$1] }
      if best == row * words + Int(label) { correct += 1 }
    }
    #expect(abs(sums.negativeLogLikelihood - likelihood) < 1e-4)
    #expect(sums.correctCount == correct)
    try scene.expectGradients(loss.backward(to: leaves), context, "loss")
  }

  @Test(arguments: ["plain", "coverage"])
  func logProbabilitiesAndTheirGradients(variant: String) throws {
    let scene = try Scene(variant)
    let context = Context(mode: .training, store: scene.store)
    let (leaves, reading, copying) = try scene.read(in: context)
    let rows = reading.states.linear(weight: scene.weight, bias: scene.bias)
      .copyLogProbabilities(copying)
    let expected = try scene.golden.floats("\(variant)/log_probabilities")
    // A word that cannot come has −∞ on both sides.
    #expect(zip(rows.values, expected).allSatisfy { ($0 == -.infinity) == ($1 == -.infinity) })
    let finite = expected.indices.filter { expected[$0].isFinite }
    #expect(finite.allSatisfy { abs(rows.values[$0] - expected[$0]) < 1e-4 })
    let sum = rows.divided(into: try scene.targets)
      .sequenceLogProbabilities(of: try scene.ids("labels")).sum()
    try scene.expectGradients(sum.backward(to: leaves), context, "log_loss")
  }

  /// A step at a time, the coverage carried along, a hypothesis is read as a target is at once; and
  /// hypotheses of one source do not see each other.
  @Test(arguments: ["plain", "coverage"])
  func stepsAgreeWithTheWhole(variant: String) throws {
    let scene = try Scene(variant)
    let context = Context(mode: .inference)
    let (leaves, whole, _) = try scene.read(in: context)
    let (states, memory) = (leaves[0], leaves[1])
    let (targets, sources) = (try scene.targets, try scene.sources)
    let keys = scene.pointer.key(memory)
    // Two rows a source: the recorded target, and one that is fed zeros.
    var covered = sources.lengths.flatMap { count in
      [[Float]](repeating: Array(repeating: 0, count: count), count: 2)
    }
    let rows = Sequences(lengths: sources.lengths.map { _ in 2 })
    for position in 0..<(targets.lengths.max() ?? 0) {
      var fed: [Float] = []
      for sentence in targets.lengths.indices {
        let row = targets.offsets[sentence] + min(position, targets.lengths[sentence] - 1)
        let size = states.shape.columns
        fed += (0..<size).map { states.pointer[row * size + $0] }
        fed += Array(repeating: 0, count: size)
      }
      let step = scene.pointer.step(
        context.tensor(
          fed, shape: [rows.tokenCount, scene.sizes.stateSize], sequences: rows),
        memory: memory, keys: keys, covered: covered)
      for (row, weights) in step.weights.rows.enumerated() {
        for token in weights.indices { covered[row][token] += weights[token] }
        let sentence = row / 2
        guard row % 2 == 0, position < targets.lengths[sentence] else { continue }
        let place = targets.offsets[sentence] + position
        let expected = whole.weights.rows[place]
        #expect(zip(weights, expected).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(abs(step.gate.pointer[row] - whole.gate.pointer[place]) < 1e-4)
      }
    }
  }

  /// A source without tokens leaves everything to the generator.
  @Test func anEmptySourceCopiesNothing() {
    let store = ParameterStore(seed: 3)
    let pointer = PointerGenerator(
      in: store.root, stateSize: 4, memorySize: 3, size: 5, hasCoverage: true)
    let weight = store.root["output"].parameter("weight", [6, 4], .constant(0.5))
    let context = Context(mode: .training, store: store)
    let states = context.variable(
      (0..<8).map { Float($0) / 8 }, shape: [2, 4], sequences: Sequences(lengths: [2]))
    let memory = context.tensor([], shape: [0, 3], sequences: Sequences(lengths: [0]))
    let reading = pointer(states, memory: memory)
    let copying = CopyMixture(gate: reading.gate, weights: reading.weights, sourceIDs: [])
    let (loss, sums) = reading.states.crossEntropy(
      labels: [1, 2], weight: weight, copying: copying)
    #expect(sums.loss.isFinite)
    #expect(loss.backward(to: [states])[0].allSatisfy { $0.isFinite })
  }
}
