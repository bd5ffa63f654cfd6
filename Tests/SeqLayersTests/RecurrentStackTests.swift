import SeqLayers
import SeqTensors
import SeqTestSupport
import Testing

/// Recurrent layers on top of each other.
@Suite struct RecurrentStackTests {
  @Test(arguments: gradientChecks)
  func gradientsAgreeWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  private static let lengths = [3, 0, 1, 4]

  static let gradientChecks: [GradientCheck] =
    [RecurrentCell.rnnTanh, .lstm, .gru].flatMap { cell in
      RecurrentDirection.allCases.flatMap { direction in
        [false, true].map { isVariational in
          GradientCheck(
            "\(cell.rawValue), \(direction.rawValue), variational \(isVariational)",
            inputs: [.ragged(lengths, 6)], step: 5e-3,
            layer: { scope in
              RecurrentStack(
                in: scope, cell: cell, inputSize: 6, hiddenSize: 5, layerCount: 2,
                direction: direction, dropout: 0.3, isVariational: isVariational)
            },
            { scene, stack in
              let (memory, finals) = stack(scene[0])
              return [memory] + finals.flatMap { $0.tensors }
            })
        }
      }
    }

  private static func stack(
    _ direction: RecurrentDirection, cell: RecurrentCell = .lstm, dropout: Double = 0,
    isVariational: Bool = false, store: ParameterStore = ParameterStore(seed: 2)
  ) -> RecurrentStack {
    RecurrentStack(
      in: store.root, cell: cell, inputSize: 7, hiddenSize: 16, layerCount: 2,
      direction: direction, dropout: dropout, isVariational: isVariational)
  }

  private static func input(
    _ lengths: [Int], _ context: Context, firstRowIDs: [UInt32]? = nil, seeds: [Int]? = nil
  ) -> Tensor {
    let values = (seeds ?? Array(lengths.indices)).enumerated().flatMap { index, seed in
      var seeded = SeededValues("stack", seed)
      return seeded.normal(lengths[index] * 7)
    }
    let sequences = Sequences(lengths: lengths, firstRowIDs: firstRowIDs)
    return context.tensor(values, shape: [sequences.tokenCount, 7], sequences: sequences)
  }

  @Test func namesAndSizes() {
    let store = ParameterStore()
    let stack = RecurrentStack(
      in: store.root["encoder"], cell: .gru, inputSize: 7, hiddenSize: 4, layerCount: 2,
      direction: .bidirectional)
    #expect(stack.outputSize == 8 && stack.layerCount == 2)
    var names: [String] = []
    for direction in ["backward", "forward"] {
      for layer in 0..<2 {
        for name in ["bias", "hidden_bias", "hidden_weight", "input_weight"] {
          names.append("encoder.\(direction).\(layer).\(name)")
        }
      }
    }
    #expect(store.parameters.map { $0.name }.sorted() == names)
    #expect(store["encoder.backward.1.input_weight"]?.shape == [12, 8])
  }

  /// What a forget gate starts with, and where.
  @Test func forgetBias() {
    let plain = ParameterStore(seed: 9)
    let raised = ParameterStore(seed: 9)
    _ = RecurrentLayer(in: plain.root, cell: .lstm, inputSize: 3, hiddenSize: 4)
    _ = RecurrentLayer(in: raised.root, cell: .lstm, inputSize: 3, hiddenSize: 4, forgetBias: 2)
    let difference = zip(plain["bias"]?.values ?? [], raised["bias"]?.values ?? []).map { $1 - $0 }
    #expect(difference.count == 16)
    for (index, value) in difference.enumerated() {
      #expect(abs(value - (4..<8 ~= index ? 2 : 0)) < 1e-6)
    }
    #expect(plain["hidden_weight"]?.values.allSatisfy { abs($0) <= 0.5 } == true)
  }

  /// Each half of a bidirectional layer is the layer of that direction.
  @Test func bothDirectionsSideBySide() {
    let store = ParameterStore(seed: 5)
    let stack = RecurrentStack(
      in: store.root, cell: .lstm, inputSize: 7, hiddenSize: 5, layerCount: 1,
      direction: .bidirectional)
    let context = Context(mode: .inference)
    let x = Self.input([3, 0, 5], context)
    let (memory, finals) = stack(x)
    let forward = stack.forward[0](x)
    let backward = stack.backward[0](x, reversed: true)
    func sideBySide(_ left: Tensor, _ right: Tensor) -> [Float] {
      let (left, right) = (left.values, right.values)
      return (0..<left.count / 5).flatMap { row -> [Float] in
        let columns = row * 5..<row * 5 + 5
        return Array(left[columns]) + Array(right[columns])
      }
    }
    #expect(memory.values == sideBySide(forward.states, backward.states))
    for (part, tensor) in finals[0].tensors.enumerated() {
      let halves = (forward.final.tensors[part], backward.final.tensors[part])
      #expect(tensor.values == sideBySide(halves.0, halves.1))
    }
  }

  /// A layer starts from the state it is given: a sequence in two parts is the sequence.
  @Test(arguments: RecurrentCell.allCases)
  func readOnFromAState(cell: RecurrentCell) {
    let stack = Self.stack(.forward, cell: cell)
    let context = Context(mode: .inference)
    let whole = Self.input([6], context)
    let values = whole.values
    func part(_ rows: Range<Int>) -> Tensor {
      context.tensor(
        Array(values[rows.lowerBound * 7..<rows.upperBound * 7]), shape: [rows.count, 7],
        sequences: Sequences(lengths: [rows.count]))
    }
    let first = stack(part(0..<4))
    let second = stack(part(4..<6), from: first.finals)
    let expected = stack(whole)
    #expect(
      Tolerance(relative: 1e-6).problem(
        first.memory.values + second.memory.values, expected.memory.values) == nil)
    for (ours, theirs) in zip(second.finals, expected.finals) {
      for (tensor, other) in zip(ours.tensors, theirs.tensors) {
        #expect(Tolerance(relative: 1e-6).problem(tensor.values, other.values) == nil)
      }
    }
  }

  /// Masks belong to a sequence: in training it has the same states in any batch.
  @Test(arguments: [false, true])
  func dropoutDoesNotDependOnTheBatch(isVariational: Bool) {
    let store = ParameterStore(seed: 2)
    let stack = Self.stack(
      .bidirectional, dropout: 0.4, isVariational: isVariational, store: store)
    func run(_ seeds: [Int], key: UInt64 = 3) -> [Float] {
      let context = Context(mode: .training, store: store)
      context.seedDropout(key)
      let x = Self.input(
        seeds.map { $0 + 2 }, context, firstRowIDs: seeds.map { UInt32(100 * $0) }, seeds: seeds)
      return stack(x).memory.values
    }
    let alone = run([3])
    let tolerance = Tolerance(relative: 1e-5)
    #expect(tolerance.problem(Array(run([1, 3, 5])[3 * 32..<8 * 32]), alone) == nil)
    #expect(tolerance.problem(Array(run([5, 3])[7 * 32..<12 * 32]), alone) == nil)
    #expect(tolerance.problem(run([3], key: 4), alone) != nil)
  }

  /// Without training nothing is dropped.
  @Test func inferenceDropsNothing() {
    let context = Context(mode: .inference)
    let x = Self.input([3, 2], context)
    #expect(
      Self.stack(.bidirectional, dropout: 0.5, isVariational: true)(x).memory.values
        == Self.stack(.bidirectional)(x).memory.values)
  }
}
