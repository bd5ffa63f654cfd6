internal import SeqKernels
public import SeqTensors

/// Which way a recurrent network reads.
public enum RecurrentDirection: String, Codable, CaseIterable, Sendable, Hashable {
  /// From the first token to the last.
  case forward
  /// From the last token to the first.
  case backward
  /// Both ways, every layer reading the states of both below it (Schuster & Paliwal 1997).
  case bidirectional

  /// How many hidden sizes wide a layer's states are.
  public var width: Int { self == .bidirectional ? 2 : 1 }
}

/// Recurrent layers on top of each other, each reading the states of the one below: an encoder, or a
/// decoder whose input is known beforehand.
///
/// - Shapes: `[tokens, inputSize]` → `[tokens, outputSize]`.
public struct RecurrentStack: Sendable {
  /// Which way the layers read.
  public let direction: RecurrentDirection
  /// The layers that read forward; none where the direction is backward.
  public let forward: [RecurrentLayer]
  /// The layers that read backward; none where the direction is forward.
  public let backward: [RecurrentLayer]
  /// Rate on the input of every layer but the first, or of every layer if variational, 0–1.
  public let dropout: Double
  /// Whether one mask serves all positions of a sequence, on what enters a layer and on the states
  /// that enter its recurrent product (Gal & Ghahramani 2016, arXiv:1512.05287).
  public let isVariational: Bool

  /// Names its layers `forward.0`, `forward.1` … and `backward.0` ….
  ///
  /// `inputSize` is that of the first layer; `dropout` a rate, 0–1; `forgetBias` is for LSTMs, see
  /// ``RecurrentLayer``.
  public init(
    in scope: ParameterScope, cell: RecurrentCell, inputSize: Int, hiddenSize: Int,
    layerCount: Int, direction: RecurrentDirection = .forward, dropout: Double = 0,
    isVariational: Bool = false, forgetBias: Float = 0
  ) {
    require(layerCount > 0, "recurrent stack: \(layerCount) layers, fewer than one")
    func layers(_ name: String) -> [RecurrentLayer] {
      (0..<layerCount).map { index in
        RecurrentLayer(
          in: scope[name][index], cell: cell,
          inputSize: index == 0 ? inputSize : direction.width * hiddenSize,
          hiddenSize: hiddenSize, forgetBias: forgetBias)
      }
    }
    self.direction = direction
    forward = direction == .backward ? [] : layers("forward")
    backward = direction == .forward ? [] : layers("backward")
    self.dropout = dropout
    self.isVariational = isVariational
  }

  /// How many layers there are.
  public var layerCount: Int { max(forward.count, backward.count) }
  /// Columns of the states of every layer: twice the hidden size where it reads both ways.
  public var outputSize: Int { direction.width * weights(0).hiddenSize }
  /// The cell of every layer.
  public var cell: RecurrentCell { weights(0).cell }

  /// Reads every sequence.
  ///
  /// - Parameters:
  ///   - x: A ragged batch, `[tokens, inputSize]`.
  ///   - start: The state each layer starts from, `[sequences, outputSize]`; nil is zeros.
  /// - Returns: The states of the last layer, `[tokens, outputSize]`, and the final state of every
  ///   layer, `[sequences, outputSize]`: each direction's after the last token it reads, the forward
  ///   one in the first columns.
  public func callAsFunction(_ x: Tensor, from start: [RecurrentState]? = nil) -> (
    memory: Tensor, finals: [RecurrentState]
  ) {
    require(
      start.map { $0.count == layerCount } ?? true,
      "recurrent stack: \(start?.count ?? 0) start states for \(layerCount) layers")
    var memory = x
    var finals: [RecurrentState] = []
    for index in 0..<layerCount {
      if isVariational {
        memory = memory.sequenceDropout(dropout)
      } else if index > 0 {
        memory = memory.dropout(dropout)
      }
      let (states, final) = layer(index, memory, from: start?[index], stateMask: mask(x))
      memory = states
      memory.captured(as: name(ofLayer: index))
      finals.append(final)
    }
    return (memory, finals)
  }

  private func layer(_ index: Int, _ x: Tensor, from start: RecurrentState?, stateMask: Tensor?)
    -> (states: Tensor, final: RecurrentState)
  {
    switch direction {
    case .forward: forward[index](x, from: start, stateMask: stateMask)
    case .backward: backward[index](x, from: start, reversed: true, stateMask: stateMask)
    case .bidirectional:
      x.bidirectionalRecurrence(
        forward: forward[index].weights, backward: backward[index].weights, from: start,
        stateMask: stateMask)
    }
  }

  private func name(ofLayer index: Int) -> String {
    [forward, backward].filter { index < $0.count }.map { $0[index].name }
      .joined(separator: ", ")
  }

  private func weights(_ index: Int) -> RecurrentWeights {
    (direction == .backward ? backward : forward)[index].weights
  }

  private func mask(_ x: Tensor) -> Tensor? {
    guard isVariational, let sequences = x.sequences else { return nil }
    return x.context.sequenceDropoutMask(dropout, sequences: sequences, columns: outputSize)
  }
}
