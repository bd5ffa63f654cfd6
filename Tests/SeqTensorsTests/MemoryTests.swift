import SeqTensors
import SeqTestSupport
import Testing

@Suite struct MemoryTests {
  /// One step through every kind of operation.
  struct Model {
    let store = ParameterStore()
    let table, positions, qkv, gain, shift, wide, wideBias, narrow: Parameter

    init() {
      let root = store.root
      table = root.parameter("table", [23, 16], .normal(deviation: 0.3))
      positions = root.parameter("positions", [40, 16], .normal(deviation: 0.3))
      qkv = root.parameter("qkv", [48, 16], .xavierUniform(blocks: 3))
      gain = root.parameter("gain", [16], .constant(1))
      shift = root.parameter("shift", [16], .constant(0))
      wide = root.parameter("wide", [64, 16], .xavierUniform())
      wideBias = root.parameter("wideBias", [64], .uniform(bound: 0.1))
      narrow = root.parameter("narrow", [16, 64], .xavierUniform())
    }

    func loss(_ context: Context, ids: [Int32], lengths: [Int]) -> Tensor {
      let sequences = Sequences(lengths: lengths)
      let x = context.embed(
        ids, in: table, sequences: sequences, scale: 4, positions: .learned(positions),
        dropout: 0.1)
      let n = x.layerNorm(weight: gain, bias: shift)
      let heads = n.linear(weight: qkv)
      let mixed = attention(
        queries: heads.slice(0, size: 16), keys: heads.slice(16, size: 16),
        values: heads.slice(32, size: 16), headCount: 4, mask: .causal, dropout: 0.1
      ).output
      let (sum, norm) = x.addingNorm(mixed, dropout: 0.1, weight: gain, bias: shift)
      let inner = norm.linear(weight: wide, bias: wideBias, activation: .gelu).dropout(0.1)
      let y = sum.adding(inner.linear(weight: narrow), dropout: 0.1)
      let gate = y.sigmoid() * y.tanh() - 0.5 * y.relu() + y.softmax()
      return gate.crossEntropy(labels: ids, weight: table, smoothing: 0.1).loss
    }
  }

  private static func batch(_ number: Int) -> (ids: [Int32], lengths: [Int]) {
    var seeded = SeededValues("batch", number)
    let lengths = (0..<3).map { 5 + ($0 * 7 + number * 3) % 11 }
    return (seeded.ids(lengths.reduce(0, +), below: 23), lengths)
  }

  @Test func backwardGivesEverythingBack() {
    let model = Model()
    let context = Context(mode: .training, store: model.store)
    #expect(context.memory.bytesInUse == 0)
    for number in 0..<5 {
      let (ids, lengths) = Self.batch(number)
      let loss = model.loss(context, ids: ids, lengths: lengths)
      let recorded = context.memory.bytesInUse
      #expect(recorded > 10_000)
      loss.backward()
      // The loss itself is still here.
      withExtendedLifetime(loss) { #expect(context.memory.bytesInUse <= 256) }
    }
    #expect(context.memory.bytesInUse == 0)
  }

  @Test func inferenceKeepsNothing() {
    let model = Model()
    let context = Context(mode: .inference, store: model.store)
    let (ids, lengths) = Self.batch(0)
    let first = model.loss(context, ids: ids, lengths: lengths).scalar
    #expect(context.memory.bytesInUse == 0)
    #expect(model.loss(context, ids: ids, lengths: lengths).scalar == first)
    #expect(context.memory.bytesInUse == 0)
  }

  @Test(arguments: [Context.Mode.training, .inference])
  func steadyStepsAskTheSystemForNothing(_ mode: Context.Mode) {
    let model = Model()
    let context = Context(mode: mode, store: model.store)
    func step(_ number: Int) {
      let (ids, lengths) = Self.batch(number)
      let loss = model.loss(context, ids: ids, lengths: lengths)
      if mode == .training { loss.backward() }
    }
    for number in 0..<11 { step(number) }
    let (count, held) = (context.memory.systemAllocationCount, context.memory.bytesHeld)
    for number in 0..<110 { step(number % 11) }
    #expect(context.memory.systemAllocationCount == count)
    #expect(context.memory.bytesHeld == held)
    context.memory.trim()
    #expect(context.memory.bytesHeld == 0)
    step(0)
    #expect(context.memory.systemAllocationCount > count)
  }

  /// Recorded and never taken back: the next backward throws it away.
  @Test func abandonedWorkGoesWithTheNextBackward() {
    let model = Model()
    let context = Context(mode: .training, store: model.store)
    let (ids, lengths) = Self.batch(1)
    _ = context.variable([1, 2], shape: [2]).tanh().sum()
    model.loss(context, ids: ids, lengths: lengths).backward()
    #expect(context.memory.bytesInUse == 0)
  }

  @Test func discardedWorkGoesAndItsContextWithIt() {
    weak var witness: Context?
    do {
      let context = Context(mode: .training)
      witness = context
      let y = context.variable([1, 2], shape: [2]).tanh()
      _ = (y * y).sum()
      context.discardRecorded()
      #expect(y.values.count == 2)
    }
    #expect(witness == nil)
  }

  @Test func buffersAreAlignedAndApart() {
    let context = Context(mode: .inference)
    let tensors = (1...200).map { count in
      context.tensor([Float](repeating: Float(count), count: count), shape: [count])
    }
    #expect(tensors.allSatisfy { UInt(bitPattern: $0.pointer) % 64 == 0 })
    for (index, tensor) in tensors.enumerated() {
      #expect(tensor.values.allSatisfy { $0 == Float(index + 1) })
    }
  }

  @Test func theSameStepGivesTheSameBits() {
    let model = Model()
    let (ids, lengths) = Self.batch(2)
    func run(_ context: Context) -> [Float] {
      context.gradients.clear()
      context.seedDropout(5)
      let loss = model.loss(context, ids: ids, lengths: lengths)
      let gradients = loss.backward()
      return [loss.scalar] + model.store.parameters.flatMap { gradients[$0] }
    }
    let context = Context(mode: .training, store: model.store)
    let first = run(context)
    #expect(first.allSatisfy { $0.isFinite })
    #expect(run(context) == first)
    #expect(run(Context(mode: .training, store: model.store)) == first)
  }
}
