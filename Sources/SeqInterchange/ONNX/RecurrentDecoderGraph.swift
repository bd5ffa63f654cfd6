internal import SeqLayers
internal import SeqModels
internal import SeqTensors

/// A recurrent decoder as graphs: over whole targets, and over one token after others.
struct RecurrentDecoderGraph {
  let graph: GraphBuilder
  let configuration: RecurrentConfiguration
  let memorySize: Int
  let tying: EmbeddingTying

  private var cellInputs: CellInputs { CellInputs(configuration) }
  private var layers: Range<Int> { 0..<configuration.decoderLayerCount }
  private var hiddenSize: Int { configuration.hiddenSize }

  private func scores(_ graph: GraphBuilder) -> GraphScores? {
    configuration.attention.map {
      GraphScores(
        graph: graph, configuration: $0, querySize: hiddenSize, memorySize: memorySize)
    }
  }

  /// Whether every step is given the same vector of the source.
  var hasFixedContext: Bool { configuration.attention == nil && cellInputs.contextEntersCell }

  /// Whether it reads the memory itself.
  var readsMemory: Bool { configuration.attention != nil }

  // MARK: What goes from step to step

  /// The decoder's memory of what it wrote, in a graph.
  struct States {
    var layers: [GraphState]
    /// What the vocabulary saw last, where it is fed to the next step.
    var fed: GraphValue?
  }

  private func port(_ name: String, _ size: Int) -> GraphPort {
    GraphPort(name, .float, ["batch", .fixed(size)])
  }

  /// The states as inputs named `past`.
  private func pastStates() -> States {
    States(
      layers: layers.map { layer in
        GraphState(
          hidden: graph.input(port("past.\(layer).hidden", hiddenSize)),
          cell: configuration.cell.hasCellState
            ? graph.input(port("past.\(layer).cell", hiddenSize)) : nil)
      },
      fed: cellInputs.stateIsFed ? graph.input(port("past.fed", hiddenSize)) : nil)
  }

  /// The states as outputs named `present`.
  private func leave(_ states: States) {
    for (layer, state) in states.layers.enumerated() {
      graph.output(state.hidden, port("present.\(layer).hidden", hiddenSize))
      if let cell = state.cell { graph.output(cell, port("present.\(layer).cell", hiddenSize)) }
    }
    if let fed = states.fed { graph.output(fed, port("present.fed", hiddenSize)) }
  }

  /// Leaves what the decoder starts from, as outputs of the encoder's graph.
  ///
  /// `finals` are a recurrent encoder's; a Transformer gives the mean of its memory.
  func start(_ finals: [GraphState], memory: GraphValue, hiding mask: GraphValue) {
    let finals =
      finals.isEmpty ? [GraphState(hidden: graph.mean(memory, hiding: mask), cell: nil)] : finals
    var states = States(layers: [])
    for layer in layers {
      let final = finals[min(layer, finals.count - 1)]
      let bridge = "decoder.bridge.\(layer)"
      states.layers.append(
        configuration.bridge == .copy
          ? final
          : GraphState(
            hidden: graph.tanh(graph.linear(final.hidden, "\(bridge).hidden")),
            cell: configuration.cell.hasCellState
              ? graph.linear(final.cell ?? final.hidden, "\(bridge).cell") : nil))
    }
    if cellInputs.stateIsFed {
      let shape = graph.joined(
        [graph.extents(of: memory, axis: 0), graph.constants([hiddenSize])], axis: 0)
      states.fed = graph.expanded(graph.constant(Float(0)), to: shape)
    }
    leave(states)
    if hasFixedContext, let last = finals.last {
      graph.output(last.hidden, port("present.context", memorySize))
    }
  }

  // MARK: The two graphs

  /// Over whole targets, step by step; gives the last states `[batch, target, size]`.
  func whole(_ ids: GraphValue, hiding mask: GraphValue) -> GraphValue {
    let past = pastStates()
    let fixed = fixedContext()
    let (memory, memoryMask) = preparedMemory()
    let embedded = graph.gather(graph.embeddings(.target, tying), ids)
    let flat = past.flattened
    let body = graph.body("step") { inner in
      let states = States(
        like: past,
        flat.indices.map { index in
          inner.input(port("state_before_\(index)", hiddenSize))
        })
      let x = inner.input(port("embedded", configuration.embeddingSize))
      let ended = inner.unsqueezed(
        inner.input(GraphPort("is_padding", .bool, ["batch"])), [1])
      let (output, after) = step(
        inner, x, states, memory: memory, hiding: memoryMask, fixed: fixed)
      // Behind its end a target changes nothing, so that it may go on from where it ended.
      for (index, (old, new)) in zip(states.flattened, after.flattened).enumerated() {
        inner.output(
          inner.select(ended, old, new), port("state_after_\(index)", hiddenSize))
      }
      inner.output(output, port("output", hiddenSize))
    }
    let results = graph.apply(
      "Scan", flat + [embedded, mask],
      [
        .graph("body", body), .int("num_scan_inputs", 2), .ints("scan_input_axes", [1, 1]),
        .ints("scan_output_axes", [1]),
      ], resultCount: flat.count + 1)
    leave(States(like: past, Array(results.dropLast())))
    if let fixed { graph.output(fixed, port("present.context", memorySize)) }
    return results[flat.count]
  }

  /// Over one token a row; gives the last states `[batch, 1, size]`.
  func step(_ ids: GraphValue) -> GraphValue {
    let past = pastStates()
    let fixed = fixedContext()
    let (memory, memoryMask) = pastMemory()
    let x = graph.squeezed(graph.gather(graph.embeddings(.target, tying), ids), [1])
    let (output, after) = step(
      graph, x, past, memory: memory, hiding: memoryMask, fixed: fixed)
    leave(after)
    return graph.unsqueezed(output, [1])
  }

  private func fixedContext() -> GraphValue? {
    hasFixedContext ? graph.input(port("past.context", memorySize)) : nil
  }

  private func memoryPort(_ name: String, _ size: Int) -> GraphPort {
    GraphPort(name, .float, ["batch", "memory", .fixed(size)])
  }

  private func memoryInputs() -> GraphValue {
    graph.input(memoryPort("memory", memorySize))
  }

  private func maskInput() -> GraphValue {
    graph.input(GraphPort("memory_padding_mask", .bool, ["batch", "memory"]))
  }

  /// The memory, of which what is computed is left for the steps to come.
  private func preparedMemory() -> (GraphMemory?, mask: GraphValue?) {
    guard let scores = scores(graph) else { return (nil, nil) }
    let prepared = scores.prepared(memoryInputs())
    let mask = maskInput()
    if !scores.keysAreMemory {
      graph.output(prepared.keys, memoryPort("present.cross_key", scores.keySize))
    }
    if !scores.valuesAreMemory {
      graph.output(prepared.values, memoryPort("present.cross_value", scores.valueSize))
    }
    return (prepared, mask)
  }

  private func pastMemory() -> (GraphMemory?, mask: GraphValue?) {
    guard let scores = scores(graph) else { return (nil, nil) }
    let memory = scores.keysAreMemory || scores.valuesAreMemory ? memoryInputs() : nil
    func own(_ name: String, _ size: Int, _ isMemory: Bool) -> GraphValue {
      if isMemory, let memory { return memory }
      return graph.input(memoryPort(name, size))
    }
    let prepared = GraphMemory(
      keys: own("past.cross_key", scores.keySize, scores.keysAreMemory),
      values: own("past.cross_value", scores.valueSize, scores.valuesAreMemory))
    return (prepared, maskInput())
  }

  // MARK: A step

  /// From embedded tokens `[batch, embedding size]` to what the vocabulary sees.
  private func step(
    _ graph: GraphBuilder, _ embedded: GraphValue, _ before: States, memory: GraphMemory?,
    hiding mask: GraphValue?, fixed: GraphValue?
  ) -> (output: GraphValue, after: States) {
    let entersCell = cellInputs.contextEntersCell
    var found = fixed
    func look(from query: GraphValue) {
      guard let memory, let mask, let scores = scores(graph) else { return }
      found = scores.context(of: query, over: memory, hiding: mask)
    }
    if entersCell, let last = before.layers.last { look(from: last.hidden) }
    var after = before
    var x = embedded
    if let second = entersCell ? found : before.fed { x = graph.joined([x, second], axis: -1) }
    for layer in layers {
      after.layers[layer] = cell(graph, layer, x, before.layers[layer])
      x = after.layers[layer].hidden
    }
    if !entersCell { look(from: x) }
    var output = x
    if let found, graph.has("decoder.combination.weight") {
      let parts = [found, x] + (entersCell ? [embedded] : [])
      output = graph.tanh(graph.linear(graph.joined(parts, axis: -1), "decoder.combination"))
    }
    if before.fed != nil { after.fed = output }
    return (output, after)
  }

  /// One layer's next state.
  private func cell(
    _ graph: GraphBuilder, _ layer: Int, _ x: GraphValue, _ state: GraphState
  ) -> GraphState {
    let name = "decoder.layers.\(layer)"
    let input = graph.add(
      graph.product(x, graph.transposed("\(name).input_weight")), graph.parameter("\(name).bias"))
    let recurrent = graph.product(state.hidden, graph.transposed("\(name).hidden_weight"))
    switch configuration.cell {
    case .rnnTanh:
      return GraphState(hidden: graph.tanh(graph.add(input, recurrent)), cell: nil)
    case .rnnReLU:
      return GraphState(hidden: graph.apply("Relu", [graph.add(input, recurrent)]), cell: nil)
    case .lstm:
      // c′ = σ(f)·c + σ(i)·tanh(g),  h′ = σ(o)·tanh(c′)
      let gates = graph.split(graph.add(input, recurrent), into: 4)
      let kept = graph.multiply(graph.sigmoid(gates[1]), state.cell ?? state.hidden)
      let new = graph.multiply(graph.sigmoid(gates[0]), graph.tanh(gates[2]))
      let cell = graph.add(kept, new)
      return GraphState(
        hidden: graph.multiply(graph.sigmoid(gates[3]), graph.tanh(cell)), cell: cell)
    case .gru:
      // n = tanh(W x + b + r·(U h + d)),  h′ = n + z·(h − n)
      let (own, past) = (graph.split(input, into: 3), graph.split(recurrent, into: 3))
      let reset = graph.sigmoid(graph.add(own[0], past[0]))
      let update = graph.sigmoid(graph.add(own[1], past[1]))
      let inner = graph.add(past[2], graph.parameter("\(name).hidden_bias"))
      let new = graph.tanh(graph.add(own[2], graph.multiply(reset, inner)))
      return GraphState(
        hidden: graph.add(new, graph.multiply(update, graph.subtract(state.hidden, new))),
        cell: nil)
    }
  }
}

extension RecurrentDecoderGraph.States {
  /// All of it in a row.
  var flattened: [GraphValue] {
    layers.flatMap { [$0.hidden] + ($0.cell.map { [$0] } ?? []) } + (fed.map { [$0] } ?? [])
  }

  /// The same of other values, in that row.
  init(like other: Self, _ values: [GraphValue]) {
    var rest = values[...]
    layers = other.layers.map { state in
      let hidden = rest.removeFirst()
      return GraphState(hidden: hidden, cell: state.cell == nil ? nil : rest.removeFirst())
    }
    fed = other.fed == nil ? nil : rest.removeFirst()
  }
}
