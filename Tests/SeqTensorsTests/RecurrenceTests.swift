import Foundation
import SeqTensors
import SeqTestSupport
import Testing

/// Recurrent layers against their formulas in double precision, and what they promise of batches.
@Suite struct RecurrenceTests {
  private static let lengths = [4, 0, 1, 9, 2, 9]
  private static let (inputSize, size) = (7, 20)

  private static func weights(_ cell: RecurrentCell) -> RecurrentWeights {
    let scope = ParameterStore(seed: 3).root
    let gates = cell.gateCount * size
    return RecurrentWeights(
      cell, inputWeight: scope.parameter("W", [gates, inputSize], .uniform(bound: 0.7)),
      hiddenWeight: scope.parameter("U", [gates, size], .uniform(bound: 0.4)),
      bias: scope.parameter("b", [gates], .uniform(bound: 0.5)),
      hiddenBias: cell == .gru ? scope.parameter("d", [size], .uniform(bound: 0.5)) : nil)
  }

  private static func sentences(_ name: String = "sentences") -> [[Float]] {
    var seeded = SeededValues(name)
    return lengths.map { seeded.normal($0 * inputSize) }
  }

  private static func starts(_ cell: RecurrentCell) -> [[[Float]]] {
    var seeded = SeededValues("starts")
    return lengths.map { _ in
      (0..<(cell.hasCellState ? 2 : 1)).map { _ in seeded.normal(size) }
    }
  }

  /// What the layer gives for some of the sentences: for each the states of its tokens and its final
  /// state.
  private static func run(
    _ cell: RecurrentCell, _ indices: [Int], _ weights: RecurrentWeights, mode: Context.Mode,
    reversed: Bool = false
  ) -> [(states: [Float], final: [[Float]])] {
    let context = Context(mode: mode)
    let (values, starts) = (sentences(), starts(cell))
    let sequences = Sequences(lengths: indices.map { lengths[$0] })
    let x = context.tensor(
      indices.flatMap { values[$0] }, shape: [sequences.tokenCount, inputSize],
      sequences: sequences)
    let start = (0..<(cell.hasCellState ? 2 : 1)).map { part in
      context.tensor(indices.flatMap { starts[$0][part] }, shape: [indices.count, size])
    }
    let (states, final) = x.recurrence(
      weights, from: RecurrentState(hidden: start[0], cell: start.dropFirst().first),
      reversed: reversed)
    #expect(states.sequences === sequences)
    return indices.indices.map { index in
      let rows = sequences.offsets[index] * size..<sequences.offsets[index + 1] * size
      return (
        Array(states.values[rows]),
        final.tensors.map { Array($0.values[index * size..<(index + 1) * size]) }
      )
    }
  }

  @Test(arguments: RecurrentCell.allCases, [false, true])
  func agreesWithTheFormula(cell: RecurrentCell, reversed: Bool) {
    let weights = Self.weights(cell)
    let (values, starts) = (Self.sentences(), Self.starts(cell))
    for mode in [Context.Mode.training, .inference] {
      let found = Self.run(
        cell, Array(Self.lengths.indices), weights, mode: mode, reversed: reversed)
      for (index, length) in Self.lengths.enumerated() {
        var state = starts[index].map { $0.map(Double.init) }
        var states = [[Double]](repeating: [], count: length)
        for step in 0..<length {
          let position = reversed ? length - 1 - step : step
          let x = values[index][position * Self.inputSize..<(position + 1) * Self.inputSize]
          state = Self.step(weights, x.map(Double.init), state)
          states[position] = state[0]
        }
        let tolerance = Tolerance(relative: 3e-6)
        #expect(tolerance.problem(found[index].states, states.flatMap { $0 }) == nil)
        for (part, expected) in zip(found[index].final, state) {
          #expect(tolerance.problem(part, expected) == nil)
        }
      }
    }
  }

  /// One step in double precision, as PyTorch's documentation writes the cells.
  private static func step(_ weights: RecurrentWeights, _ x: [Double], _ state: [[Double]])
    -> [[Double]]
  {
    func product(_ parameter: Parameter, _ vector: [Double]) -> [Double] {
      let values = parameter.values
      return (0..<parameter.shape[0]).map { row in
        var sum = 0.0
        for column in vector.indices {
          sum += Double(values[row * vector.count + column]) * vector[column]
        }
        return sum
      }
    }
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    let (wx, uh) = (product(weights.inputWeight, x), product(weights.hiddenWeight, state[0]))
    let b = weights.bias.values.map(Double.init)
    return (0..<size).reduce(into: [[Double]](repeating: [], count: state.count)) { result, unit in
      func gate(_ index: Int) -> Double {
        let row = index * size + unit
        return wx[row] + b[row] + uh[row]
      }
      switch weights.cell {
      case .rnnTanh: result[0].append(tanh(gate(0)))
      case .rnnReLU: result[0].append(max(gate(0), 0))
      case .lstm:
        let c = sigmoid(gate(1)) * state[1][unit] + sigmoid(gate(0)) * tanh(gate(2))
        result[0].append(sigmoid(gate(3)) * tanh(c))
        result[1].append(c)
      case .gru:
        let row = 2 * size + unit
        let d = Double(weights.hiddenBias?.values[unit] ?? .nan)
        let n = tanh(wx[row] + b[row] + sigmoid(gate(0)) * (uh[row] + d))
        let z = sigmoid(gate(1))
        result[0].append((1 - z) * n + z * state[0][unit])
      }
    }
  }

  /// The final state is that of the last real token, whatever longer sentences stand beside it.
  @Test(arguments: RecurrentCell.allCases, [false, true])
  func finalStateIsThatOfTheLastTokenRead(cell: RecurrentCell, reversed: Bool) {
    let found = Self.run(
      cell, Array(Self.lengths.indices), Self.weights(cell), mode: .training, reversed: reversed)
    for (index, length) in Self.lengths.enumerated() {
      let last =
        length == 0
        ? Self.starts(cell)[index][0]
        : Array(
          (reversed ? found[index].states.prefix(Self.size) : found[index].states.suffix(Self.size))
        )
      #expect(found[index].final[0] == last)
      if length == 0 { #expect(found[index].final == Self.starts(cell)[index]) }
    }
  }

  /// A sentence alone, in batches of other sentences, and in another order.
  @Test(arguments: RecurrentCell.allCases, [Context.Mode.training, .inference])
  func statesDoNotDependOnTheBatch(cell: RecurrentCell, mode: Context.Mode) {
    let weights = Self.weights(cell)
    let alone = Self.lengths.indices.map { Self.run(cell, [$0], weights, mode: mode)[0] }
    for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0], [2, 5, 1]] {
      for (index, found) in zip(order, Self.run(cell, order, weights, mode: mode)) {
        for (ours, theirs) in zip(
          [found.states] + found.final, [alone[index].states] + alone[index].final)
        {
          #expect(
            largestDifference(ours, theirs) <= (mode == .inference ? Machine.batchTolerance : 1e-6))
        }
      }
    }
  }

  /// Steps taken one by one come to the same states as the whole sequence at once.
  @Test(arguments: RecurrentCell.allCases, [Context.Mode.training, .inference])
  func stepsAgreeWithTheWholeSequence(cell: RecurrentCell, mode: Context.Mode) {
    let weights = Self.weights(cell)
    let whole = Self.run(cell, [3, 5], weights, mode: mode)
    let context = Context(mode: mode)
    let (values, starts) = (Self.sentences(), Self.starts(cell))
    let parts = (0..<(cell.hasCellState ? 2 : 1)).map { part in
      context.tensor(starts[3][part] + starts[5][part], shape: [2, Self.size])
    }
    var state = RecurrentState(hidden: parts[0], cell: parts.dropFirst().first)
    for position in 0..<Self.lengths[3] {
      let columns = position * Self.inputSize..<(position + 1) * Self.inputSize
      let rowValues: [Float] = Array(values[3][columns]) + Array(values[5][columns])
      let x = context.tensor(rowValues, shape: [2, Self.inputSize])
      state = recurrentStep(inputGates: x.inputGates(weights), state, weights)
      let rows = position * Self.size..<(position + 1) * Self.size
      let expected: [Float] = Array(whole[0].states[rows]) + Array(whole[1].states[rows])
      #expect(largestDifference(state.hidden.values, expected) <= 1e-6)
    }
    for (part, tensor) in state.tensors.enumerated() {
      let expected = whole[0].final[part] + whole[1].final[part]
      #expect(largestDifference(tensor.values, expected) <= 1e-6)
    }
  }

  /// What a layer, steps and an attention keep for their gradients comes back.
  @Test func backwardGivesEverythingBack() {
    let store = ParameterStore()
    let scope = store.root
    let weights = RecurrentWeights(
      .gru, inputWeight: scope.parameter("W", [60, 7], .uniform(bound: 0.3)),
      hiddenWeight: scope.parameter("U", [60, 20], .uniform(bound: 0.3)),
      bias: scope.parameter("b", [60], .constant(0)),
      hiddenBias: scope.parameter("d", [20], .constant(0)))
    let vector = scope.parameter("v", [20], .constant(1))
    let context = Context(mode: .training, store: store)
    for _ in 0..<3 {
      let sequences = Sequences(lengths: [4, 0, 9])
      var seeded = SeededValues("memory")
      let x = context.tensor(seeded.normal(13 * 7), shape: [13, 7], sequences: sequences)
      let mask = context.sequenceDropoutMask(0.3, sequences: sequences, columns: 20)
      let (states, final) = x.recurrence(weights, stateMask: mask)
      let gates = x.inputGates(weights)
      let step = recurrentStep(
        inputGates: gates, RecurrentState(hidden: states), weights)
      let attended = additiveAttention(
        queries: states.tanh().slice(0, size: 20), keys: states.slice(0, size: 20),
        values: x.slice(0, size: 7), vector: vector
      ).output
      (states.sum() + final.hidden.sum() + step.hidden.sum() + attended.sum()).backward()
    }
    #expect(context.memory.bytesInUse == 0)
  }

  @Test func anEmptyBatch() {
    let context = Context(mode: .training)
    let weights = Self.weights(.gru)
    let x = context.tensor([], shape: [0, Self.inputSize], sequences: Sequences(lengths: []))
    let (states, final) = x.recurrence(weights)
    #expect(states.shape == [0, Self.size])
    #expect(final.hidden.shape == [0, Self.size])
  }

  /// The units that a sequence drops are its own, wherever it is computed, and the same throughout.
  @Test func sequenceDropoutKeepsItsColumns() {
    func run(_ firstRowIDs: [UInt32], _ lengths: [Int]) -> (input: [Float], mask: [Float]) {
      let context = Context(mode: .training)
      context.seedDropout(5)
      let sequences = Sequences(lengths: lengths, firstRowIDs: firstRowIDs)
      let ones = context.tensor(
        Array(repeating: 1, count: sequences.tokenCount * 40), shape: [sequences.tokenCount, 40],
        sequences: sequences)
      let dropped = ones.sequenceDropout(0.5).values
      let mask = context.sequenceDropoutMask(0.5, sequences: sequences, columns: 40)
      return (dropped, mask?.values ?? [])
    }
    let both = run([100, 200], [3, 2])
    let rows = (0..<5).map { Array(both.input[40 * $0..<40 * ($0 + 1)]) }
    #expect(rows[0] == rows[1] && rows[1] == rows[2] && rows[3] == rows[4])
    #expect(rows[0] != rows[3])
    #expect(Set(rows[0]) == [0, 2])
    let alone = run([200], [2])
    #expect(alone.input == rows[3] + rows[4])
    #expect(alone.mask == Array(both.mask.suffix(40)))
    #expect(
      Context(mode: .inference).sequenceDropoutMask(
        0.5, sequences: Sequences(lengths: [1]), columns: 4) == nil)
  }
}

private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { $1.0.isNaN || $1.1.isNaN ? .nan : max($0, abs($1.0 - $1.1)) }
}
