internal import SeqKernels

extension Tensor {
  /// The input part of a recurrent layer's gates, `W x + b`, for steps that are taken one by one.
  ///
  /// Where the input has several parts side by side, each gives its `columns` of the product, and one
  /// of them the bias; the parts are then added up. So what is known beforehand, such as embeddings,
  /// is mapped for all steps at once, and what a step finds, such as a context, in the step.
  ///
  /// - Shapes: `[rows, inputSize]`, or the columns named, → `[rows, gates · hiddenSize]`.
  public func inputGates(
    _ weights: RecurrentWeights, columns: Range<Int>? = nil, hasBias: Bool = true
  ) -> Tensor {
    linear(
      weight: weights.inputWeight, weightColumns: columns ?? 0..<weights.inputSize,
      bias: hasBias ? weights.bias : nil)
  }
}

/// One step of a recurrent layer over rows that do not know each other.
///
/// In the same order of steps it gives the numbers of ``Tensor/recurrence(_:from:reversed:stateMask:)``.
///
/// - Parameters:
///   - inputGates: `W x + b`, `[rows, gates · hiddenSize]`: of ``Tensor/inputGates(_:)``, or a sum
///     where the input has several parts.
///   - state: The states before, a row each.
///   - weights: Of the layer, whose input weight and bias are not used here.
///   - stateMask: Factors `[rows, hiddenSize]` for the states that enter the recurrent product, taken
///     as constants.
/// - Returns: The states after.
public func recurrentStep(
  inputGates: Tensor, _ state: RecurrentState, _ weights: RecurrentWeights,
  stateMask: Tensor? = nil
) -> RecurrentState {
  let rows = inputGates.rows
  require(
    inputGates.shape == [rows, weights.gateSize],
    "recurrent step: gates \(inputGates.shape), not [\(rows), \(weights.gateSize)]")
  state.check("recurrent step", weights, shape: [rows, weights.hiddenSize])
  require(
    stateMask.map { $0.shape == state.hidden.shape } ?? true,
    "recurrent step: mask \(stateMask?.shape ?? []) for states \(state.hidden.shape)")
  let step = RecurrentStep(inputGates, state, weights, stateMask)
  step.run(inputGates: inputGates.pointer)
  let shape: Shape = [rows, weights.hiddenSize]
  let results = [step.hidden] + (step.cell.map { [$0] } ?? [])
  let places = (gates: inputGates.place, state: state.tensors.map { $0.place })
  let tensors = inputGates.context.record(
    "recurrent step", results: results.map { ($0, shape, nil) },
    inputs: [inputGates] + state.tensors, hasParameters: true
  ) { flow, gradients in
    step.passBack(flow, &gradients, gates: places.gates, state: places.state)
  }
  return RecurrentState(hidden: tensors[0], cell: tensors.count > 1 ? tensors[1] : nil)
}

/// The buffers of one step.
private struct RecurrentStep {
  let weights: RecurrentWeights
  let context: Context
  let rowCount: Int
  /// Gates after their functions; in the end, their gradients.
  let gates: Storage
  let candidate: Storage?
  let before: (hidden: Storage, cell: Storage?)
  let hidden: Storage
  let cell: Storage?
  /// Factors, and the states before times them.
  let mask: (factors: Storage, states: Storage)?

  private var size: Int { weights.hiddenSize }

  init(
    _ inputGates: Tensor, _ state: RecurrentState, _ weights: RecurrentWeights,
    _ stateMask: Tensor?
  ) {
    self.weights = weights
    let context = inputGates.context
    self.context = context
    rowCount = inputGates.rows
    let shape: Shape = [rowCount, weights.hiddenSize]
    gates = context.allocate(count: rowCount * weights.gateSize)
    candidate = weights.cell == .gru ? context.allocate(count: shape.count) : nil
    before = (state.hidden.storage, state.cell?.storage)
    hidden = context.allocate(shape)
    cell = weights.cell.hasCellState ? context.allocate(shape) : nil
    mask = stateMask.map { ($0.storage, context.allocate(count: shape.count)) }
  }

  private func rows(
    input: UnsafePointer<Float>, product: UnsafePointer<Float>, bias: UnsafePointer<Float>
  ) -> RecurrentRows {
    RecurrentRows(
      kind: weights.cell.kind, size: size, input: input, product: product, bias: bias,
      hiddenBias: weights.hiddenBias.map { UnsafePointer($0.pointer) },
      stateBefore: before.hidden.pointer, cellBefore: before.cell.map { UnsafePointer($0.pointer) },
      gates: gates.pointer, candidate: candidate?.pointer, state: hidden.pointer,
      cell: cell?.pointer, inputStride: weights.gateSize,
      productStride: PanelMatrix.paddedColumns(weights.gateSize), gateStride: weights.gateSize,
      stateStride: size)
  }

  func run(inputGates: UnsafePointer<Float>) {
    let productStride = PanelMatrix.paddedColumns(weights.gateSize)
    let product = context.allocate(count: rowCount * productStride)
    let zeros = zeros(weights.gateSize)
    if let mask {
      Kernels.multiply(
        before.hidden.pointer, mask.factors.pointer, into: mask.states.pointer,
        count: rowCount * size)
    }
    withExtendedLifetime((product, zeros)) {
      weights.hiddenWeight.panels(transposed: true).multiply(
        (mask?.states ?? before.hidden).pointer, stride: size, into: product.pointer,
        stride: productStride, rows: rowCount)
      Kernels.recurrentStep(
        rows(input: inputGates, product: product.pointer, bias: zeros.pointer), rows: rowCount)
    }
  }

  /// As for a whole layer; the gradient of the input part is that of the gates.
  func passBack(
    _ flow: Backward, _ gradients: inout [Storage?], gates place: GradientPlace,
    state places: [GradientPlace]
  ) {
    guard rowCount > 0 else { return }
    let isGRU = weights.cell == .gru
    let stride = PanelMatrix.paddedColumns(size)
    let state = zeros(rowCount * stride)
    var cellGradient: Storage?
    if weights.cell.hasCellState {
      if gradients[1] == nil { gradients[1] = zeros(rowCount * size) }
      flow.makeUnique(&gradients[1], count: rowCount * size)
      cellGradient = gradients[1]
    }
    let hiddenGates = isGRU ? context.allocate(count: rowCount * weights.gateSize) : gates
    let output = gradients[0] ?? zeros(size)
    let unusedBias = zeros(weights.gateSize)
    Kernels.recurrentStepBackward(
      rows(input: gates.pointer, product: gates.pointer, bias: gates.pointer),
      RecurrentRowGradients(
        output: output.pointer, outputRows: nil, outputStride: gradients[0] == nil ? 0 : size,
        state: state.pointer, cell: cellGradient?.pointer, gates: gates.pointer,
        hiddenGates: hiddenGates.pointer, bias: unusedBias.pointer,
        hiddenBias: weights.hiddenBias.map { flow.gradient(of: $0) }),
      rows: rowCount)
    withExtendedLifetime((output, unusedBias)) {}
    passHiddenWeight(flow, hiddenGates)
    passState(state, stride: stride, hiddenGates)
    flow.pass(state, to: places[0])
    if let cellGradient { flow.pass(cellGradient, to: places[1]) }
    flow.pass(gates, to: place)
  }

  /// Adds `dz′ᵀ h₋₁` to the gradient of U.
  private func passHiddenWeight(_ flow: Backward, _ hiddenGates: Storage) {
    context.accumulateGradient(
      hiddenGates.pointer, by: (mask?.states ?? before.hidden).pointer,
      into: flow.gradient(of: weights.hiddenWeight), rows: weights.gateSize, columns: size,
      inner: rowCount)
  }

  /// Makes `state` dh₋₁: `dz′ U`, times the mask, added to what a GRU has left there.
  private func passState(_ state: Storage, stride: Int, _ hiddenGates: Storage) {
    let panels = weights.hiddenWeight.panels(transposed: false)
    let isGRU = weights.cell == .gru
    if mask == nil && stride == size {
      panels.multiply(
        hiddenGates.pointer, stride: weights.gateSize, into: state.pointer, stride: stride,
        rows: rowCount, accumulate: isGRU)
      return
    }
    let product = context.allocate(count: rowCount * stride)
    panels.multiply(
      hiddenGates.pointer, stride: weights.gateSize, into: product.pointer, stride: stride,
      rows: rowCount)
    // For other cells `state` is zeros still.
    for row in 0..<rowCount {
      let (from, to) = (product.pointer + row * stride, state.pointer + row * size)
      if let mask {
        Kernels.accumulateProduct(
          from, mask.factors.pointer + row * size, into: to, count: size)
      } else {
        Kernels.accumulate(from, into: to, count: size)
      }
    }
  }

  private func zeros(_ count: Int) -> Storage {
    let storage = context.allocate(count: count)
    Kernels.fill(storage.pointer, count: count, value: 0)
    return storage
  }
}
