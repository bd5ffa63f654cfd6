internal import SeqKernels
internal import SeqLayers
internal import SeqTensors

/// From what an encoder ends with to what a recurrent decoder begins with.
///
/// Decoder layer i begins with the final state of encoder layer i, or of the encoder's last one if
/// there are fewer. A Transformer, which has no final state, gives the mean of its memory.
struct StateBridge: Sendable {
  private struct Maps: Sendable {
    let hidden: Linear
    let cell: Linear?
  }

  private let cell: RecurrentCell
  private let layerCount: Int
  /// A pair of maps a layer; none where states are copied.
  private let maps: [Maps]

  /// Names the maps `0.hidden`, `0.cell`, `1.hidden` and so on.
  init(
    in scope: ParameterScope, from memorySize: Int, _ finalStates: FinalStates?,
    to configuration: RecurrentConfiguration
  ) {
    cell = configuration.cell
    layerCount = configuration.decoderLayerCount
    guard configuration.bridge == .learned else {
      require(
        finalStates?.cell == cell && memorySize == configuration.hiddenSize,
        "bridge: final states of \(memorySize) cannot be copied to \(configuration.hiddenSize)")
      maps = []
      return
    }
    maps = (0..<layerCount).map { layer in
      func map(_ name: String, _ activation: Activation) -> Linear {
        Linear(
          in: scope[layer][name], inputSize: memorySize, outputSize: configuration.hiddenSize,
          activation: activation)
      }
      return Maps(
        hidden: map("hidden", .tanh),
        cell: configuration.cell.hasCellState ? map("cell", .identity) : nil)
    }
  }

  /// The start state of every decoder layer, one row a source.
  func callAsFunction(_ source: EncodedSource) -> [RecurrentState] {
    let finals =
      source.finals.isEmpty
      ? [RecurrentState(hidden: source.memory.sequenceMeans(), cell: nil)] : source.finals
    return (0..<layerCount).map { layer in
      let final = finals[min(layer, finals.count - 1)]
      guard !maps.isEmpty else { return final }
      return RecurrentState(
        hidden: maps[layer].hidden(final.hidden),
        cell: maps[layer].cell.map { $0(final.cell ?? final.hidden) })
    }
  }
}
