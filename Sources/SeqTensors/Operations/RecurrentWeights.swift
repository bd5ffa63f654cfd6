internal import SeqKernels

/// How a recurrent network makes its next state from an input and the state before.
public enum RecurrentCell: String, Codable, CaseIterable, Sendable, Hashable {
  /// `h = tanh(W x + b + U h₋₁)` (Elman 1990).
  case rnnTanh = "rnn_tanh"
  /// `h = max(W x + b + U h₋₁, 0)`.
  case rnnReLU = "rnn_relu"
  /// Long short-term memory with a forget gate: a cell state beside the hidden one (Hochreiter &
  /// Schmidhuber 1997; Gers et al. 2000).
  case lstm
  /// The gated recurrent unit, its reset gate inside: `n = tanh(W x + b + r·(U h₋₁ + d))` (Cho et
  /// al. 2014, arXiv:1406.1078, in the form of cuDNN and PyTorch).
  case gru

  /// Blocks of `hiddenSize` rows in the weights, in the order i, f, g, o (LSTM) and r, z, n (GRU).
  public var gateCount: Int {
    switch self {
    case .rnnTanh, .rnnReLU: 1
    case .lstm: 4
    case .gru: 3
    }
  }

  /// Whether a state has a second vector, the cell.
  public var hasCellState: Bool { self == .lstm }

  var kind: RecurrentRows.Kind {
    switch self {
    case .rnnTanh: .tanh
    case .rnnReLU: .relu
    case .lstm: .lstm
    case .gru: .gru
    }
  }
}

/// The parameters of one recurrent layer in one direction.
///
/// Gates lie one below the other, in PyTorch's order. PyTorch adds two biases; here they are one,
/// except in a GRU's candidate, where the reset gate comes between them.
public struct RecurrentWeights: Sendable {
  /// What the parameters are used for.
  public let cell: RecurrentCell
  /// Columns of the input.
  public let inputSize: Int
  /// Units: columns of the state.
  public let hiddenSize: Int
  /// W, `[gates · hiddenSize, inputSize]`.
  public let inputWeight: Parameter
  /// U, `[gates · hiddenSize, hiddenSize]`.
  public let hiddenWeight: Parameter
  /// b, `[gates · hiddenSize]`.
  public let bias: Parameter
  /// d, `[hiddenSize]`: what a GRU adds to the candidate's `U h₋₁`; nil for other cells.
  public let hiddenBias: Parameter?

  /// Takes parameters that belong together.
  ///
  /// - Precondition: Their shapes fit, and there is a hidden bias for a GRU alone.
  public init(
    _ cell: RecurrentCell, inputWeight: Parameter, hiddenWeight: Parameter, bias: Parameter,
    hiddenBias: Parameter? = nil
  ) {
    let gates = inputWeight.shape[0]
    let size = gates / cell.gateCount
    require(
      inputWeight.shape.rank == 2 && hiddenWeight.shape == [gates, size] && bias.shape == [gates]
        && gates == cell.gateCount * size && size > 0,
      "\(cell.rawValue): weights \(inputWeight.shape), \(hiddenWeight.shape) and bias "
        + "\(bias.shape) are not of \(cell.gateCount) gates")
    require(
      hiddenBias.map { $0.shape == [size] } == (cell == .gru ? true : nil),
      "\(cell.rawValue): hidden bias \(hiddenBias?.shape.description ?? "none"), hidden size \(size)"
    )
    self.cell = cell
    inputSize = inputWeight.shape[1]
    hiddenSize = size
    self.inputWeight = inputWeight
    self.hiddenWeight = hiddenWeight
    self.bias = bias
    self.hiddenBias = hiddenBias
  }

  /// Columns of all gates.
  var gateSize: Int { cell.gateCount * hiddenSize }
}

/// What a recurrent layer remembers, a row a sequence.
public struct RecurrentState {
  /// h, `[rows, hiddenSize]`.
  public var hidden: Tensor
  /// An LSTM's c, `[rows, hiddenSize]`; nil for other cells.
  public var cell: Tensor?

  /// A state of these vectors.
  public init(hidden: Tensor, cell: Tensor? = nil) {
    self.hidden = hidden
    self.cell = cell
  }

  /// Its tensors, the hidden one first.
  public var tensors: [Tensor] { [hidden] + (cell.map { [$0] } ?? []) }

  func check(_ operation: String, _ weights: RecurrentWeights, shape: Shape) {
    require(
      hidden.shape == shape && (cell.map { $0.shape == shape } ?? true),
      "\(operation): state \(hidden.shape), not \(shape)")
    require(
      (cell != nil) == weights.cell.hasCellState,
      "\(operation): a state \(cell == nil ? "without" : "with") a cell for \(weights.cell.rawValue)"
    )
  }
}

extension Context {
  /// A state of zeros: what a layer starts from where nothing else is said.
  public func zeroState(_ weights: RecurrentWeights, rows: Int) -> RecurrentState {
    let shape: Shape = [rows, weights.hiddenSize]
    func zeros() -> Tensor { tensor(Array(repeating: 0, count: shape.count), shape: shape) }
    return RecurrentState(hidden: zeros(), cell: weights.cell.hasCellState ? zeros() : nil)
  }
}
