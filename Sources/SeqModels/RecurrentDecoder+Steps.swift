internal import SeqKernels
internal import SeqLayers
public import SeqTensors

// Decoding: one position a row, with a state to carry along.
extension RecurrentDecoder {
  /// What the decoder remembers of the sources and of every hypothesis.
  public struct State {
    /// A state a layer, one row a hypothesis.
    var layers: [RecurrentState]
    /// For every row the source it belongs to.
    var sentences: [Int]
    /// What the vocabulary saw last, where it is fed to the next step.
    var fed: Tensor?
    let memory: AttentionMemory?
    /// The context of every step, one row a source, where it is the same at all.
    let fixed: Tensor?
    let sourceCount: Int

    /// As many rows of each source as it has hypotheses.
    var sequences: Sequences {
      var lengths = Array(repeating: 0, count: sourceCount)
      for sentence in sentences { lengths[sentence] += 1 }
      return Sequences(lengths: lengths)
    }
  }

  /// The start states, and of the memory all that does not change.
  public func start(_ source: EncodedSource) -> State {
    let count = source.memory.sequences?.count ?? 0
    let zeros = Array<Float>(repeating: 0, count: count * stateSize)
    return State(
      layers: bridge(source), sentences: Array(0..<count),
      fed: CellInputs(configuration).stateIsFed
        ? source.memory.context.tensor(zeros, shape: [count, stateSize]) : nil,
      memory: attention.map { $0.prepare(source.memory) }, fixed: fixedContext(source),
      sourceCount: count)
  }

  /// One step of every layer and of attention.
  public func step(_ tokens: [Int32], _ state: inout State, in context: Context) -> Tensor {
    let sequences = state.sequences
    let embedded = context.embed(tokens, in: table, sequences: sequences)
    let entersCell = CellInputs(configuration).contextEntersCell
    var found = state.fixed?.gatheredRows(state.sentences)
    if let attention, let memory = state.memory, entersCell, let last = state.layers.last {
      found = attention.context(of: last.hidden.divided(into: sequences), over: memory)
    }
    let hidden = advance(
      gates(gates(embedded), entersCell ? found : state.fed), &state.layers
    ).divided(into: sequences)
    if let attention, let memory = state.memory, !entersCell {
      found = attention.context(of: hidden, over: memory)
    }
    let output = combined(hidden, found, embedded)
    if state.fed != nil { state.fed = output }
    return output
  }

  /// Copies the rows of states.
  public func reorder(_ state: inout State, rows: [Int]) {
    state.layers = state.layers.map { $0.gatheredRows(rows) }
    state.fed = state.fed?.gatheredRows(rows)
    state.sentences = rows.map { state.sentences[$0] }
  }

  /// Unless one fixed vector is all it is given.
  public var attendsToSource: Bool { attention != nil }

  /// The rows of a source stand together, source after source.
  public func sourceAttention(amongStep captured: [[AttentionMap]]) -> [[Float]] {
    captured.first?.flatMap(\.meanRows) ?? []
  }

  /// All are attentions to the source; where the decoder ran position by position, a row each.
  public func attention(
    among captured: [[AttentionMap]], of batch: TokenBatch
  ) -> DecoderAttention {
    guard captured.count > 1 else { return DecoderAttention(cross: captured) }
    let cross = (0..<batch.targets.count).map { sentence in
      let rows = captured.prefix(batch.targets.lengths[sentence]).map { $0[sentence] }
      let (headCount, keyCount) = (rows.first?.headCount ?? 0, rows.first?.keyCount ?? 0)
      return AttentionMap(
        headCount: headCount, queryCount: rows.count, keyCount: keyCount,
        weights: (0..<headCount).flatMap { head in
          rows.flatMap { $0.weights[head * keyCount..<(head + 1) * keyCount] }
        })
    }
    return DecoderAttention(cross: [cross])
  }
}

extension RecurrentState {
  /// Row `indices[i]` as row i.
  func gatheredRows(_ indices: [Int]) -> RecurrentState {
    RecurrentState(
      hidden: hidden.gatheredRows(indices), cell: cell.map { $0.gatheredRows(indices) })
  }
}
