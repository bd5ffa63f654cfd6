internal import SeqKernels

/// The buffers of one direction over one batch, in time-major order, and what is done with them.
struct RecurrentPass {
  let weights: RecurrentWeights
  let plan: RecurrencePlan
  let context: Context
  /// Gates after their functions; in the end, their gradients.
  let gates: Storage
  let gateStride: Int
  /// Start states, then those after each step, as the plan says.
  let states: Storage
  /// Whether the first step's recurrent product is known: zeros.
  let startsFromZeros: Bool
  let stateStride: Int
  /// An LSTM's, laid out as the states.
  let cells: Storage?
  /// A GRU's recurrent part of the candidate.
  let candidates: Storage?
  /// Factors in the order of the plan, and the states times them, laid out as the states.
  let mask: (factors: Storage, states: Storage)?
  /// The first of the columns that this direction has in results, start states and masks, and how
  /// many columns these have.
  let column: Int
  let width: Int

  private var size: Int { weights.hiddenSize }
  private var tokenCount: Int { plan.rows.count }

  init(
    _ x: Tensor, _ weights: RecurrentWeights, _ plan: RecurrencePlan, _ start: RecurrentState?,
    _ stateMask: Tensor?, columns: Range<Int>
  ) {
    self.weights = weights
    self.plan = plan
    column = columns.lowerBound
    width = columns.upperBound
    startsFromZeros = start == nil
    context = x.context
    // Packed products leave no gaps; weight gradients are faster with one.
    gateStride =
      context.isTraining ? MatrixProduct.spreadStride(weights.gateSize) : weights.gateSize
    stateStride = PanelMatrix.paddedColumns(weights.hiddenSize)
    gates = context.allocate([x.rows, gateStride])
    let count = (plan.order.count + x.rows) * stateStride
    states = context.allocate(count: count)
    cells = weights.cell.hasCellState ? context.allocate(count: count) : nil
    candidates = weights.cell == .gru ? context.allocate(count: x.rows * stateStride) : nil
    if let stateMask {
      let factors = context.allocate(count: plan.order.count * stateStride)
      mask = (factors, context.allocate(count: count))
      gatherSequences(stateMask.pointer, into: factors)
    } else {
      mask = nil
    }
    gatherSequences(start?.hidden.pointer, into: states)
    if let cells { gatherSequences(start?.cell?.pointer, into: cells) }
  }

  // MARK: Forward

  func run(x: UnsafePointer<Float>) {
    guard tokenCount > 0 else { return }
    let bias = multiplyInputs(x)
    let panels = weights.hiddenWeight.panels(transposed: true)
    let productStride = PanelMatrix.paddedColumns(weights.gateSize)
    let product = context.allocate(count: plan.order.count * productStride)
    withExtendedLifetime((bias, product)) {
      for step in 0..<plan.stepCount {
        let live = plan.liveCounts[step]
        let before = plan.rowBefore(step) * stateStride
        if step == 0 && startsFromZeros {
          Kernels.fill(product.pointer, count: live * productStride, value: 0)
        } else {
          if let mask {
            Kernels.multiply(
              states.pointer + before, mask.factors.pointer, into: mask.states.pointer + before,
              count: live * stateStride)
          }
          panels.multiply(
            (mask?.states ?? states).pointer + before, stride: stateStride, into: product.pointer,
            stride: productStride, rows: live)
        }
        Kernels.recurrentStep(
          rows(at: step, product: product.pointer, stride: productStride, bias: bias.pointer),
          rows: live)
      }
    }
  }

  /// Fills the gates with `W x`, and returns what is to be added to them.
  private func multiplyInputs(_ x: UnsafePointer<Float>) -> Storage {
    let inputSize = weights.inputSize
    let ordered = context.allocate([tokenCount, inputSize])
    gatherRows(x, columns: inputSize, into: ordered.pointer, stride: inputSize)
    guard !context.isTraining else {
      context.multiply(
        ordered.pointer, stride: inputSize, by: weights.inputWeight.pointer, stride: inputSize,
        rightTransposed: true, into: gates.pointer, stride: gateStride, rows: tokenCount,
        columns: weights.gateSize, inner: inputSize)
      return Storage(weights.bias.pointer, ownedBy: weights.bias)
    }
    context.multiplyPacked(
      ordered.pointer, rows: tokenCount, by: weights.inputWeight, bias: weights.bias,
      into: gates.pointer)
    let zeros = context.allocate(count: weights.gateSize)
    Kernels.fill(zeros.pointer, count: weights.gateSize, value: 0)
    return zeros
  }

  private func rows(
    at step: Int, product: UnsafePointer<Float>, stride productStride: Int,
    bias: UnsafePointer<Float>
  ) -> RecurrentRows {
    let before = plan.rowBefore(step) * stateStride
    let after = plan.rowAfter(step) * stateStride
    let gate = gates.pointer + plan.starts[step] * gateStride
    return RecurrentRows(
      kind: weights.cell.kind, size: size, input: gate, product: product, bias: bias,
      hiddenBias: weights.hiddenBias.map { UnsafePointer($0.pointer) },
      stateBefore: states.pointer + before, cellBefore: cells.map { $0.pointer + before },
      gates: gate,
      candidate: candidates.map { $0.pointer + plan.starts[step] * stateStride },
      state: states.pointer + after, cell: cells.map { $0.pointer + after },
      inputStride: gateStride, productStride: productStride, gateStride: gateStride,
      stateStride: stateStride)
  }

  /// Copies the states after every token, and the last of every sequence, to where the batch has
  /// them.
  func copyStates(into output: Storage, final: [Storage]) {
    let first = states.pointer + plan.order.count * stateStride
    for (index, row) in plan.rows.enumerated() {
      (output.pointer + Int(row) * width + column).update(
        from: first + index * stateStride, count: size)
    }
    for (source, target) in zip([states] + (cells.map { [$0] } ?? []), final) {
      for (rank, sequence) in plan.order.enumerated() {
        (target.pointer + sequence * width + column).update(
          from: source.pointer + plan.lastRow(rank: rank) * stateStride, count: size)
      }
    }
  }

  // MARK: Backward

  /// Takes the gradients of the results back, and returns those of the start state, in the order of
  /// the plan.
  ///
  /// The formulas of a step are beside the kernels. With dz the gradient of all gates, its part on the
  /// hidden side dz′ (the same but for a GRU): `dW = dzᵀ x`, `dU = dz′ᵀ h₋₁`, `dx = dz W`,
  /// `dh₋₁ = dz′ U`.
  func passBack(
    _ flow: Backward, _ gradients: [Storage?], x: UnsafePointer<Float>, place: GradientPlace
  ) -> [Storage] {
    let state = context.allocate(count: plan.order.count * stateStride)
    gatherSequences(gradients[1]?.pointer, into: state)
    let cell = cells.map { _ in context.allocate(count: plan.order.count * stateStride) }
    if let cell { gatherSequences(gradients[2]?.pointer, into: cell) }
    if tokenCount > 0 {
      let hiddenGates =
        weights.cell == .gru ? context.allocate(count: tokenCount * gateStride) : gates
      passSteps(flow, output: gradients[0], state: state, cell: cell, hiddenGates: hiddenGates)
      passHiddenWeight(flow, hiddenGates)
      passInput(flow, x: x, place: place)
    }
    return [state] + (cell.map { [$0] } ?? [])
  }

  private func passSteps(
    _ flow: Backward, output: Storage?, state: Storage, cell: Storage?, hiddenGates: Storage
  ) {
    let panels = weights.hiddenWeight.panels(transposed: false)
    let zeros = context.allocate(count: size)
    Kernels.fill(zeros.pointer, count: size, value: 0)
    let product = mask.map { _ in context.allocate(count: plan.order.count * stateStride) }
    let isGRU = weights.cell == .gru
    let bias = flow.gradient(of: weights.bias)
    let hiddenBias = weights.hiddenBias.map { flow.gradient(of: $0) }
    plan.rows.withUnsafeBufferPointer { outputRows in
      for step in (0..<plan.stepCount).reversed() {
        let live = plan.liveCounts[step]
        let first = plan.starts[step]
        Kernels.recurrentStepBackward(
          // No step back reads the product or the bias.
          rows(at: step, product: gates.pointer, stride: 0, bias: gates.pointer),
          RecurrentRowGradients(
            output: output.map { $0.pointer + column } ?? zeros.pointer,
            outputRows: output == nil ? nil : outputRows.baseAddress.map { $0 + first },
            outputStride: output == nil ? 0 : width, state: state.pointer, cell: cell?.pointer,
            gates: gates.pointer + first * gateStride,
            hiddenGates: hiddenGates.pointer + first * gateStride, bias: bias,
            hiddenBias: hiddenBias),
          rows: live)
        if step == 0 && startsFromZeros { break }
        panels.multiply(
          hiddenGates.pointer + first * gateStride, stride: gateStride,
          into: (product ?? state).pointer, stride: stateStride, rows: live,
          accumulate: product == nil && isGRU)
        if let mask, let product {
          let count = live * stateStride
          if isGRU {
            Kernels.accumulateProduct(
              product.pointer, mask.factors.pointer, into: state.pointer, count: count)
          } else {
            Kernels.multiply(
              product.pointer, mask.factors.pointer, into: state.pointer, count: count)
          }
        }
      }
    }
  }

  private func passHiddenWeight(_ flow: Backward, _ hiddenGates: Storage) {
    // A first step from zeros adds nothing.
    let steps = (startsFromZeros ? 1 : 0)..<plan.stepCount
    guard let firstRow = steps.first.map({ plan.starts[$0] }) else { return }
    let stride = MatrixProduct.spreadStride(size)
    let before = context.allocate(count: (tokenCount - firstRow) * stride)
    let states = (mask?.states ?? states).pointer
    for step in steps {
      for row in 0..<plan.liveCounts[step] {
        (before.pointer + (plan.starts[step] - firstRow + row) * stride).update(
          from: states + (plan.rowBefore(step) + row) * stateStride, count: size)
      }
    }
    context.multiply(
      hiddenGates.pointer + firstRow * gateStride, stride: gateStride, leftTransposed: true,
      by: before.pointer, stride: stride, into: flow.gradient(of: weights.hiddenWeight),
      stride: size, rows: weights.gateSize, columns: size, inner: tokenCount - firstRow,
      accumulate: true)
  }

  private func passInput(_ flow: Backward, x: UnsafePointer<Float>, place: GradientPlace) {
    let inputSize = weights.inputSize
    let stride = MatrixProduct.spreadStride(inputSize)
    let ordered = context.allocate(count: tokenCount * stride)
    gatherRows(x, columns: inputSize, into: ordered.pointer, stride: stride)
    context.multiply(
      gates.pointer, stride: gateStride, leftTransposed: true, by: ordered.pointer, stride: stride,
      into: flow.gradient(of: weights.inputWeight), stride: inputSize, rows: weights.gateSize,
      columns: inputSize, inner: tokenCount, accumulate: true)
    flow.accumulate(into: place) { gradient, accumulate in
      context.multiply(
        gates.pointer, stride: gateStride, by: weights.inputWeight.pointer, stride: inputSize,
        into: ordered.pointer, stride: stride, rows: tokenCount, columns: inputSize,
        inner: weights.gateSize)
      for (index, row) in plan.rows.enumerated() {
        let (from, to) = (ordered.pointer + index * stride, gradient + Int(row) * inputSize)
        if accumulate {
          Kernels.accumulate(from, into: to, count: inputSize)
        } else {
          to.update(from: from, count: inputSize)
        }
      }
    }
  }

  // MARK: Orders

  /// Rows of the batch in time-major order.
  private func gatherRows(
    _ x: UnsafePointer<Float>, columns: Int, into y: UnsafeMutablePointer<Float>, stride: Int
  ) {
    for (index, row) in plan.rows.enumerated() {
      (y + index * stride).update(from: x + Int(row) * columns, count: columns)
    }
  }

  /// A row a sequence in the order of the plan; nil is zeros.
  private func gatherSequences(_ x: UnsafePointer<Float>?, into y: Storage) {
    guard let x else {
      return Kernels.fill(y.pointer, count: plan.order.count * stateStride, value: 0)
    }
    for (rank, sequence) in plan.order.enumerated() {
      (y.pointer + rank * stateStride).update(from: x + sequence * width + column, count: size)
    }
  }

  /// Rows in the order of the plan to a row a sequence.
  func scatterSequences(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    for (rank, sequence) in plan.order.enumerated() {
      let (from, to) = (x + rank * stateStride, y + sequence * width + column)
      if accumulate {
        Kernels.accumulate(from, into: to, count: size)
      } else {
        to.update(from: from, count: size)
      }
    }
  }
}
