import SeqTensors
import SeqTestSupport
import Testing

@Suite struct RecurrenceGradientTests {
  @Test(arguments: layers + steps + masks + corners)
  func agreesWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  private static let lengths = [3, 0, 1, 5, 3]
  private static let inputSize = 6

  /// Kinks ask for small steps.
  private static func step(_ cell: RecurrentCell) -> Double { cell == .rnnReLU ? 2e-4 : 5e-3 }

  private static func shapes(_ cell: RecurrentCell, _ size: Int) -> [Shape] {
    let gates = cell.gateCount * size
    return [[gates, inputSize], [gates, size], [gates]] + (cell == .gru ? [[size]] : [])
  }

  private static func states(_ cell: RecurrentCell, _ rows: Int, _ size: Int)
    -> [GradientCheck.Input]
  {
    Array(repeating: .rows(rows, size), count: cell.hasCellState ? 2 : 1)
  }

  /// Every cell in both directions, from zeros and from a given state; all results together.
  static let layers: [GradientCheck] = RecurrentCell.allCases.flatMap { cell in
    [false, true].flatMap { reversed in
      [false, true].flatMap { starts in
        // Units that fill panels of sixteen, and such that do not.
        [5, 16].map { size in
          GradientCheck(
            "\(cell.rawValue), \(size) units, reversed \(reversed), start \(starts)",
            inputs: [.ragged(lengths, inputSize)]
              + (starts ? states(cell, lengths.count, size) : []),
            parameters: shapes(cell, size), step: step(cell)
          ) { scene in
            let (states, final) = scene[0].recurrence(
              scene.weights(cell), from: starts ? scene.state(cell, from: 1) : nil,
              reversed: reversed)
            return [states] + final.tensors
          }
        }
      }
    }
  }

  /// Steps taken one by one, the input reaching each through one product.
  static let steps: [GradientCheck] = RecurrentCell.allCases.flatMap { cell in
    [5, 16].map { size in
      GradientCheck(
        "\(cell.rawValue), \(size) units, four steps",
        inputs: [.rows(3, inputSize)] + states(cell, 3, size), parameters: shapes(cell, size),
        step: step(cell)
      ) { scene in
        let weights = scene.weights(cell)
        let gates = scene[0].inputGates(weights)
        var state = scene.state(cell, from: 1)
        var hidden: [Tensor] = []
        for _ in 0..<4 {
          state = recurrentStep(inputGates: gates, state, weights)
          hidden.append(state.hidden)
        }
        // The state between steps has several gradients.
        return hidden + state.tensors
      }
    }
  }

  /// The same units dropped at every step.
  ///
  /// Kept ones are scaled up, which with the checks' large weights bends functions more: steps are
  /// smaller, and units without bounds are few.
  static let masks: [GradientCheck] = RecurrentCell.allCases.flatMap { cell in
    (cell == .rnnReLU ? [5] : [5, 16]).flatMap { size in
      let step = min(step(cell), 1e-3)
      return [
        GradientCheck(
          "\(cell.rawValue), \(size) units, masked",
          inputs: [.ragged(lengths, inputSize)] + states(cell, lengths.count, size),
          parameters: shapes(cell, size), step: step
        ) { scene in
          let (states, final) = scene[0].sequenceDropout(0.3).recurrence(
            scene.weights(cell), from: scene.state(cell, from: 1),
            stateMask: scene.mask(scene[0].sequences, size))
          return [states] + final.tensors
        },
        GradientCheck(
          "\(cell.rawValue), \(size) units, two masked steps",
          inputs: [.rows(3, inputSize)] + states(cell, 3, size), parameters: shapes(cell, size),
          step: step
        ) { scene in
          let weights = scene.weights(cell)
          let gates = scene[0].inputGates(weights)
          let mask = scene.mask(Sequences(lengths: [1, 1, 1]), size)
          let state = recurrentStep(
            inputGates: gates, scene.state(cell, from: 1), weights, stateMask: mask)
          return recurrentStep(inputGates: gates, state, weights, stateMask: mask).tensors
        },
      ]
    }
  }

  static let corners: [GradientCheck] = RecurrentCell.allCases.flatMap { cell in
    [
      GradientCheck(
        "\(cell.rawValue), the final state alone",
        inputs: [.ragged(lengths, inputSize)] + states(cell, lengths.count, 5),
        parameters: shapes(cell, 5), step: step(cell)
      ) { scene in
        scene[0].recurrence(scene.weights(cell), from: scene.state(cell, from: 1)).final.tensors
      },
      GradientCheck(
        "\(cell.rawValue), the hidden states alone, of a constant",
        inputs: [GradientCheck.Input.ragged(lengths, inputSize).constant],
        parameters: shapes(cell, 5), step: step(cell)
      ) { scene in scene[0].recurrence(scene.weights(cell)).states },
      GradientCheck(
        "\(cell.rawValue), an input and a start state with other uses",
        inputs: [.ragged([2, 1], 5)],
        parameters: [[cell.gateCount * 5, 5]]
          + Array(shapes(cell, 5).dropFirst()), step: step(cell)
      ) { scene in
        let weights = scene.weights(cell)
        let first = scene[0].recurrence(weights)
        let second = scene[0].recurrence(weights, from: first.final, reversed: true)
        return [first.states + second.states + scene[0]] + first.final.tensors
          + second.final.tensors
      },
      GradientCheck(
        "\(cell.rawValue), one state of a step",
        inputs: [.rows(2, inputSize)] + states(cell, 2, 5), parameters: shapes(cell, 5),
        step: step(cell)
      ) { scene in
        let weights = scene.weights(cell)
        return recurrentStep(
          inputGates: scene[0].inputGates(weights), scene.state(cell, from: 1), weights
        ).tensors.last.map { [$0] } ?? []
      },
    ]
  }
}

extension GradientCheck.Scene {
  fileprivate func weights(_ cell: RecurrentCell) -> RecurrentWeights {
    RecurrentWeights(
      cell, inputWeight: parameters[0], hiddenWeight: parameters[1], bias: parameters[2],
      hiddenBias: cell == .gru ? parameters[3] : nil)
  }

  fileprivate func state(_ cell: RecurrentCell, from index: Int) -> RecurrentState {
    RecurrentState(hidden: self[index], cell: cell.hasCellState ? self[index + 1] : nil)
  }

  fileprivate func mask(_ sequences: Sequences?, _ columns: Int) -> Tensor? {
    sequences.flatMap { context.sequenceDropoutMask(0.4, sequences: $0, columns: columns) }
  }
}
