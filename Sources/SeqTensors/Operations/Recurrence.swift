internal import SeqKernels

extension Tensor {
  /// A recurrent layer over a ragged batch in one direction, one operation.
  ///
  /// One product computes the input part of all gates; then a product a step, over the sequences
  /// that still are being read, computes the recurrent part. A sequence's states do not depend on
  /// the others, and its final state is that after the last of its own tokens; an empty sequence
  /// keeps its start state.
  ///
  /// - Parameters:
  ///   - weights: Of the layer.
  ///   - start: The states before the first token, `[sequences, hiddenSize]`; nil is zeros.
  ///   - reversed: Whether every sequence is read from its last token to its first. The rows of the
  ///     result keep their order, and the final state is that after the first token.
  ///   - stateMask: Factors `[sequences, hiddenSize]` for the states that enter the recurrent
  ///     product, the same at every step and taken as constants; see
  ///     ``Context/sequenceDropoutMask(_:sequences:columns:)``.
  /// - Returns: The hidden state after every token, `[tokens, hiddenSize]`, and the final states,
  ///   `[sequences, hiddenSize]`.
  public func recurrence(
    _ weights: RecurrentWeights, from start: RecurrentState? = nil, reversed: Bool = false,
    stateMask: Tensor? = nil
  ) -> (states: Tensor, final: RecurrentState) {
    recurrence([(weights, reversed)], from: start, stateMask: stateMask)
  }

  /// A recurrent layer over a ragged batch in both directions, one operation.
  ///
  /// As ``recurrence(_:from:reversed:stateMask:)``; everything that has `hiddenSize` columns there
  /// has twice as many here, those of the forward direction first.
  ///
  /// - Precondition: Both directions have the same cell and the same size.
  public func bidirectionalRecurrence(
    forward: RecurrentWeights, backward: RecurrentWeights, from start: RecurrentState? = nil,
    stateMask: Tensor? = nil
  ) -> (states: Tensor, final: RecurrentState) {
    require(
      forward.cell == backward.cell && forward.hiddenSize == backward.hiddenSize,
      "recurrence: \(forward.cell.rawValue) of \(forward.hiddenSize) units forward, "
        + "\(backward.cell.rawValue) of \(backward.hiddenSize) backward")
    return recurrence([(forward, false), (backward, true)], from: start, stateMask: stateMask)
  }

  private func recurrence(
    _ directions: [(weights: RecurrentWeights, reversed: Bool)], from start: RecurrentState?,
    stateMask: Tensor?
  ) -> (states: Tensor, final: RecurrentState) {
    guard let sequences, shape.rank == 2, rows == sequences.tokenCount else {
      requirementFailure("recurrence: \(shape), not a ragged batch with its sequences")
    }
    let width = directions.reduce(0) { $0 + $1.weights.hiddenSize }
    let stateShape: Shape = [sequences.count, width]
    for (weights, _) in directions {
      require(
        columns == weights.inputSize,
        "recurrence: \(shape) × \(weights.inputWeight.shape)ᵀ, inner sizes differ")
      start?.check("recurrence", weights, shape: stateShape)
    }
    require(
      stateMask.map { $0.shape == stateShape } ?? true,
      "recurrence: mask \(stateMask?.shape ?? []), not \(stateShape)")
    let output = context.allocate([rows, width])
    let final = (0..<(directions[0].weights.cell.hasCellState ? 2 : 1)).map { _ in
      context.allocate(stateShape)
    }
    var passes: [RecurrentPass] = []
    for (weights, reversed) in directions {
      let pass = RecurrentPass(
        self, weights, RecurrencePlan(sequences, reversed: reversed), start, stateMask,
        columns: passes.count * weights.hiddenSize..<width)
      pass.run(x: pointer)
      pass.copyStates(into: output, final: final)
      passes.append(pass)
    }
    let places = (x: place, start: start?.tensors.map { $0.place } ?? [])
    let x = storage
    var results: [(storage: Storage, shape: Shape, sequences: Sequences?)] = [
      (output, [rows, width], sequences)
    ]
    results += final.map { ($0, stateShape, nil) }
    let tensors = context.record(
      "recurrence", results: results,
      inputs: [self] + (start?.tensors ?? []), hasParameters: true
    ) { [passes] flow, gradients in
      let started = passes.map { pass in
        pass.passBack(flow, gradients, x: x.pointer, place: places.x)
      }
      for (part, place) in places.start.enumerated() {
        flow.accumulate(into: place) { gradient, accumulate in
          for (pass, parts) in zip(passes, started) {
            pass.scatterSequences(parts[part].pointer, into: gradient, accumulate: accumulate)
          }
        }
      }
    }
    return (
      tensors[0],
      RecurrentState(hidden: tensors[1], cell: tensors.count > 2 ? tensors[2] : nil)
    )
  }
}
