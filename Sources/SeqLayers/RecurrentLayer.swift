public import SeqTensors

/// A recurrent layer in one direction.
///
/// - Shapes: `[tokens, inputSize]` → `[tokens, hiddenSize]`.
public struct RecurrentLayer: Sendable {
  /// The parameters and their sizes.
  public let weights: RecurrentWeights

  /// Names its parameters `input_weight`, `hidden_weight`, `bias` and, for a GRU, `hidden_bias`.
  ///
  /// They start evenly spread over ±1/√hiddenSize, as PyTorch's do. `forgetBias` is added to the
  /// bias of an LSTM's forget gate: with 1 or more a fresh cell remembers by default (Gers et al.
  /// 2000; Jozefowicz et al. 2015).
  public init(
    in scope: ParameterScope, cell: RecurrentCell, inputSize: Int, hiddenSize: Int,
    forgetBias: Float = 0
  ) {
    let start = Initializer.uniform(bound: 1 / Float(hiddenSize).squareRoot())
    let gates = cell.gateCount * hiddenSize
    let bias = scope.parameter("bias", [gates], start)
    if cell == .lstm && forgetBias != 0 {
      bias.assign(
        bias.values.enumerated().map { index, value in
          index / hiddenSize == 1 ? value + forgetBias : value
        })
    }
    weights = RecurrentWeights(
      cell, inputWeight: scope.parameter("input_weight", [gates, inputSize], start),
      hiddenWeight: scope.parameter("hidden_weight", [gates, hiddenSize], start), bias: bias,
      hiddenBias: cell == .gru ? scope.parameter("hidden_bias", [hiddenSize], start) : nil)
  }

  /// What the names of its parameters begin with, `encoder.forward.0`.
  public var name: String {
    String(weights.bias.name.dropLast("bias".count + 1))
  }

  /// Reads every sequence, from its last token to its first where `reversed`.
  ///
  /// Returns the states after every token and, `[sequences, hiddenSize]`, the final ones.
  public func callAsFunction(
    _ x: Tensor, from start: RecurrentState? = nil, reversed: Bool = false,
    stateMask: Tensor? = nil
  ) -> (states: Tensor, final: RecurrentState) {
    x.recurrence(weights, from: start, reversed: reversed, stateMask: stateMask)
  }

  /// One step over rows: the input of each and its state before, to its state after.
  ///
  /// - Shapes: `x` `[rows, inputSize]`, states `[rows, hiddenSize]`.
  public func step(_ x: Tensor, _ state: RecurrentState, stateMask: Tensor? = nil)
    -> RecurrentState
  {
    recurrentStep(
      inputGates: x.inputGates(weights), state, weights, stateMask: stateMask)
  }
}
