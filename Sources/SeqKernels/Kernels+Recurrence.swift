internal import CSeqKernels

/// One step of a recurrent cell over some rows, as the kernels see it: buffers that the caller owns.
///
/// Gates lie side by side, ``size`` floats each, in the order i, f, g, o (LSTM) and r, z, n (GRU).
public struct RecurrentRows {
  /// Which cell.
  public enum Kind: UInt32, Sendable {
    /// `tanh(W x + b + U h)`.
    case tanh
    /// `max(W x + b + U h, 0)`.
    case relu
    /// Long short-term memory.
    case lstm
    /// The gated recurrent unit.
    case gru
  }

  /// Which cell.
  public var kind: Kind
  /// Units of the cell.
  public var size: Int
  /// `W x`; may be the buffer of the gates.
  public var input: UnsafePointer<Float>
  /// `U h₋₁`.
  public var product: UnsafePointer<Float>
  /// What is added to all gates.
  public var bias: UnsafePointer<Float>
  /// What a GRU adds to the candidate's `U h₋₁`.
  public var hiddenBias: UnsafePointer<Float>?
  /// h₋₁, which a GRU reads.
  public var stateBefore: UnsafePointer<Float>?
  /// c₋₁, which an LSTM reads.
  public var cellBefore: UnsafePointer<Float>?
  /// Where the gates go, for the gradient.
  public var gates: UnsafeMutablePointer<Float>
  /// Where a GRU's `U h₋₁` of the candidate goes, with its bias, for the gradient.
  public var candidate: UnsafeMutablePointer<Float>?
  /// Where h goes.
  public var state: UnsafeMutablePointer<Float>
  /// Where an LSTM's c goes.
  public var cell: UnsafeMutablePointer<Float>?
  /// Floats between rows of `input`.
  public var inputStride: Int
  /// Floats between rows of `product`.
  public var productStride: Int
  /// Floats between rows of `gates`.
  public var gateStride: Int
  /// Floats between rows of states, cells and candidates.
  public var stateStride: Int

  /// A step whose pointers are borrowed: they must outlive it.
  public init(
    kind: Kind, size: Int, input: UnsafePointer<Float>, product: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, hiddenBias: UnsafePointer<Float>?,
    stateBefore: UnsafePointer<Float>?, cellBefore: UnsafePointer<Float>?,
    gates: UnsafeMutablePointer<Float>, candidate: UnsafeMutablePointer<Float>?,
    state: UnsafeMutablePointer<Float>, cell: UnsafeMutablePointer<Float>?, inputStride: Int,
    productStride: Int, gateStride: Int, stateStride: Int
  ) {
    self.kind = kind
    self.size = size
    self.input = input
    self.product = product
    self.bias = bias
    self.hiddenBias = hiddenBias
    self.stateBefore = stateBefore
    self.cellBefore = cellBefore
    self.gates = gates
    self.candidate = candidate
    self.state = state
    self.cell = cell
    self.inputStride = inputStride
    self.productStride = productStride
    self.gateStride = gateStride
    self.stateStride = stateStride
  }

  var code: seq_recurrent {
    seq_recurrent(
      kind: seq_cell(rawValue: kind.rawValue), size: Int64(size), input: input, product: product,
      bias: bias, hidden_bias: hiddenBias, state_before: stateBefore, cell_before: cellBefore,
      gates: gates, candidate: candidate, state: state, cell: cell,
      input_stride: Int64(inputStride), product_stride: Int64(productStride),
      gate_stride: Int64(gateStride), state_stride: Int64(stateStride))
  }
}

/// Where the gradients of ``RecurrentRows`` come from and go to, with the strides of what they belong
/// to.
public struct RecurrentRowGradients {
  /// dh from the results of the step.
  public var output: UnsafePointer<Float>
  /// The rows of `output` that belong to the step's; nil means the first ones, in order.
  public var outputRows: UnsafePointer<Int32>?
  /// Floats between rows of `output`; 0 reads one row for all.
  public var outputStride: Int
  /// dh from the steps after; a GRU leaves the part of dh₋₁ here that takes no product.
  public var state: UnsafeMutablePointer<Float>
  /// An LSTM's dc, replaced by dc₋₁.
  public var cell: UnsafeMutablePointer<Float>?
  /// Where the gradient of `W x` goes; may be the buffer of the gates.
  public var gates: UnsafeMutablePointer<Float>
  /// Where a GRU's gradient of `U h₋₁` goes, which elsewhere is that of `W x`.
  public var hiddenGates: UnsafeMutablePointer<Float>?
  /// What the bias' gradient is added to.
  public var bias: UnsafeMutablePointer<Float>
  /// What the gradient of a GRU's second bias is added to.
  public var hiddenBias: UnsafeMutablePointer<Float>?

  /// Gradients whose pointers are borrowed: they must outlive it.
  public init(
    output: UnsafePointer<Float>, outputRows: UnsafePointer<Int32>?, outputStride: Int,
    state: UnsafeMutablePointer<Float>, cell: UnsafeMutablePointer<Float>?,
    gates: UnsafeMutablePointer<Float>, hiddenGates: UnsafeMutablePointer<Float>?,
    bias: UnsafeMutablePointer<Float>, hiddenBias: UnsafeMutablePointer<Float>?
  ) {
    self.output = output
    self.outputRows = outputRows
    self.outputStride = outputStride
    self.state = state
    self.cell = cell
    self.gates = gates
    self.hiddenGates = hiddenGates
    self.bias = bias
    self.hiddenBias = hiddenBias
  }

  var code: seq_recurrent_gradient {
    seq_recurrent_gradient(
      output: output, output_rows: outputRows, output_stride: Int64(outputStride), state: state,
      cell: cell, gates: gates, hidden_gates: hiddenGates, bias: bias, hidden_bias: hiddenBias)
  }
}

extension Kernels {
  /// A step of a recurrent cell, its products done: gates, state and cell of every row.
  ///
  /// The formulas are beside the kernels.
  public static func recurrentStep(_ step: RecurrentRows, rows: Int) {
    var code = step.code
    seq_recurrent_forward(&code, Int64(rows))
  }

  /// The gradient of ``recurrentStep(_:rows:)``, up to the products.
  public static func recurrentStepBackward(
    _ step: RecurrentRows, _ gradients: RecurrentRowGradients, rows: Int
  ) {
    var code = step.code
    var gradient = gradients.code
    seq_recurrent_backward(&code, &gradient, Int64(rows))
  }
}
