internal import SeqKernels
internal import SeqModels
internal import SeqTensors

/// A hidden state, and beside it the cell's where there is one.
struct GraphState {
  let hidden: GraphValue
  let cell: GraphValue?
}

/// A recurrent encoder as a graph over padded ids, by ONNX's own recurrent operators.
struct RecurrentEncoderGraph {
  let graph: GraphBuilder
  let configuration: RecurrentConfiguration
  let tying: EmbeddingTying

  /// What a source is read to.
  struct Reading {
    /// The last layer's states, `[batch, source, memory size]`.
    let memory: GraphValue
    /// A state a layer after the last token it reads, `[batch, memory size]`.
    let finals: [GraphState]
  }

  /// Reads padded ids; the mask is true for padding, which stands at the end.
  func callAsFunction(_ ids: GraphValue, hiding mask: GraphValue) -> Reading {
    let embedded = graph.gather(graph.embeddings(.source, tying), ids)
    let present = graph.cast(graph.apply("Not", [mask]), to: .int32)
    let lengths = graph.apply(
      "ReduceSum", [present, graph.constants([1])], [.int("keepdims", 0)])
    // An operator may refuse a sequence of no tokens: it reads one, of which nothing is kept.
    let one = graph.cast(graph.constant(1), to: .int32)
    let isEmpty = graph.unsqueezed(graph.apply("Less", [lengths, one]), [1])
    let read = graph.apply("Max", [lengths, one])
    // [batch, source, size] → [source, batch, size]
    var x = graph.transposed(embedded, [1, 0, 2])
    var finals: [GraphState] = []
    for index in 0..<configuration.encoderLayerCount {
      graph.within("encoder.layers.\(index)") {
        let (states, final) = layer(index, x, lengths: read, hidingSources: isEmpty)
        x = states
        finals.append(final)
      }
    }
    let zero = graph.constant(Float(0))
    let memory = graph.select(
      graph.unsqueezed(mask, [2]), zero, graph.transposed(x, [1, 0, 2]))
    return Reading(memory: memory, finals: finals)
  }

  private func layer(
    _ index: Int, _ x: GraphValue, lengths: GraphValue, hidingSources isEmpty: GraphValue
  ) -> (states: GraphValue, final: GraphState) {
    let directions =
      switch configuration.direction {
      case .forward: ["forward"]
      case .backward: ["backward"]
      case .bidirectional: ["forward", "backward"]
      }
    let (cell, size) = (configuration.cell, configuration.hiddenSize)
    let names = directions.map { "encoder.\($0).\(index)" }
    let inputs: [GraphValue?] = [
      x, stacked(names, "input_weight"), stacked(names, "hidden_weight"), biases(names), lengths,
    ]
    var attributes: [GraphAttribute] = [
      .int("hidden_size", size),
      .string(
        "direction",
        configuration.direction == .backward
          ? "reverse" : configuration.direction.rawValue),
    ]
    let operation: String
    switch cell {
    case .lstm: operation = "LSTM"
    case .gru:
      operation = "GRU"
      attributes.append(.int("linear_before_reset", 1))
    case .rnnTanh, .rnnReLU:
      operation = "RNN"
      attributes.append(
        .strings("activations", names.map { _ in cell == .rnnTanh ? "Tanh" : "Relu" }))
    }
    let results = graph.apply(
      operation, inputs, attributes, resultCount: cell.hasCellState ? 3 : 2)
    let columns = names.count * size
    /// [directions, batch, size] → [batch, directions · size]
    func final(_ state: GraphValue) -> GraphValue {
      let rows = graph.reshaped(graph.transposed(state, [1, 0, 2]), [0, columns])
      return graph.select(isEmpty, graph.constant(Float(0)), rows)
    }
    // [source, directions, batch, size] → [source, batch, directions · size]
    let states = graph.reshaped(graph.transposed(results[0], [0, 2, 1, 3]), [0, 0, columns])
    return (
      states,
      GraphState(
        hidden: final(results[1]), cell: cell.hasCellState ? final(results[2]) : nil)
    )
  }

  // MARK: Weights in ONNX's order of gates

  /// For each block of ONNX's the number of ours: i, o, f, c of i, f, g, o; z, r, h of r, z, n.
  private var gates: [Int] {
    switch configuration.cell {
    case .lstm: [0, 3, 1, 2]
    case .gru: [1, 0, 2]
    case .rnnTanh, .rnnReLU: [0]
    }
  }

  private func ordered(_ values: [Float]) -> [Float] {
    let size = values.count / gates.count
    return gates.flatMap { values[$0 * size..<($0 + 1) * size] }
  }

  private func parameter(_ name: String) -> Parameter {
    guard let parameter = graph.store[name] else {
      requirementFailure("graph: no parameter '\(name)' in the model")
    }
    return parameter
  }

  /// The matrices of all directions, `[directions, gates · size, columns]`.
  private func stacked(_ layers: [String], _ kind: String) -> GraphValue {
    let all = layers.map { parameter("\($0).\(kind)") }
    let shape = [all.count] + (all.first?.shape.extents ?? [])
    return graph.tensor(
      .floats(layers.joined(separator: ",") + ".\(kind).gates", shape) {
        all.flatMap { ordered($0.values) }
      })
  }

  /// The biases of all directions, those of the input and then those of the state, of which there are
  /// none but a GRU's candidate's: `[directions, 2 · gates · size]`.
  private func biases(_ layers: [String]) -> GraphValue {
    let count = gates.count * configuration.hiddenSize
    let all = layers.map { layer in
      (input: parameter("\(layer).bias"), state: graph.store["\(layer).hidden_bias"])
    }
    return graph.tensor(
      .floats(layers.joined(separator: ",") + ".bias.gates", [all.count, 2 * count]) {
        all.flatMap { layer in
          let state = layer.state?.values ?? []
          return ordered(layer.input.values)
            + Array(repeating: 0, count: count - state.count) + state
        }
      })
  }
}
