internal import SeqModels

/// The encoder of a Transformer as a graph over padded ids.
struct TransformerEncoderGraph {
  let graph: GraphBuilder
  let configuration: TransformerConfiguration
  let tying: EmbeddingTying

  /// The memory `[batch, memory, size]` and what of it is padding, `[batch, memory]`.
  func callAsFunction(_ ids: GraphValue, hiding mask: GraphValue) -> (
    memory: GraphValue, mask: GraphValue
  ) {
    let positions = graph.range(
      from: graph.constant(0), count: graph.extent(of: ids, axis: 1))
    let embedding = GraphEmbedding(
      graph: graph, configuration: configuration, side: .source, tying: tying)
    let tokens = graph.within("encoder.embedding") { embedding(ids, at: positions) }
    let hidden = graph.unsqueezed(mask, [1, 2])
    if configuration.latentCount != nil {
      return latents(reading: tokens, hiding: hidden, batch: graph.extents(of: ids, axis: 0))
    }
    let distances = GraphDistances(
      graph, configuration, stack: "encoder", queries: positions, keys: positions)
    let masked = window(positions).map { graph.either(hidden, $0) } ?? hidden
    var block = TransformerBlocks(graph, configuration, stack: "encoder")
    var x = tokens
    for index in 0..<configuration.encoderLayerCount {
      graph.within("encoder.layers.\(index)") {
        block.layer = index
        x = block.selfAttention(x, hiding: masked, distances).result
        x = block.feedForward(x)
      }
    }
    x = block.finished(x)
    return configuration.memoryCompression.map { compressed(x, mask, rate: $0) } ?? (x, mask)
  }

  /// What no token sees that is outside its window and not global, `[1, 1, length, length]`.
  private func window(_ positions: GraphValue) -> GraphValue? {
    guard let window = configuration.window else { return nil }
    let (queries, keys) = (graph.unsqueezed(positions, [1]), graph.unsqueezed(positions, [0]))
    let distance = graph.subtract(keys, queries)
    func below(_ a: GraphValue, _ b: GraphValue) -> GraphValue { graph.apply("Less", [a, b]) }
    var hidden = graph.either(
      below(distance, graph.constant(-window.before)),
      below(graph.constant(window.after), distance))
    if window.globalCount > 0 {
      let last = graph.constant(window.globalCount - 1)
      for x in [queries, keys] { hidden = graph.apply("And", [hidden, below(last, x)]) }
    }
    return graph.unsqueezed(hidden, [0, 1])
  }

  /// A stack over latents, which see no padding of their own.
  private func latents(
    reading tokens: GraphValue, hiding mask: GraphValue, batch: GraphValue
  ) -> (memory: GraphValue, mask: GraphValue) {
    let (count, size) = (configuration.latentCount ?? 0, configuration.embeddingSize)
    var block = TransformerBlocks(graph, configuration, stack: "encoder")
    let source = graph.norm(
      tokens, "encoder.latents.source_norm", configuration.normType,
      epsilon: configuration.conventions.normEpsilon)
    var x = graph.expanded(
      graph.parameter("encoder.latents.weight"),
      to: graph.joined([batch, graph.constants([count, size])], axis: 0))
    for index in 0..<configuration.encoderLayerCount {
      graph.within("encoder.layers.\(index)") {
        block.layer = index
        if configuration.readsSource(inLayer: index) {
          x = block.reading(x, source, hiding: mask)
        }
        x = block.selfAttention(x, hiding: nil, nil).result
        x = block.feedForward(x)
      }
    }
    let rows = graph.joined([batch, graph.constants([count])], axis: 0)
    let none = graph.cast(
      graph.expanded(graph.constants([0]), to: rows), to: .bool)
    return (block.finished(x), none)
  }

  /// A row of every few neighbouring ones, zeros for what a sequence lacks at its end.
  private func compressed(_ memory: GraphValue, _ mask: GraphValue, rate: Int) -> (
    memory: GraphValue, mask: GraphValue
  ) {
    let size = configuration.embeddingSize
    let length = graph.extents(of: memory, axis: 1)
    let rest = graph.apply("Mod", [length, graph.constants([rate])])
    let missing = graph.apply(
      "Mod", [graph.subtract(graph.constants([rate]), rest), graph.constants([rate])])
    let zeros = graph.constants([0])
    let kept = graph.select(graph.unsqueezed(mask, [2]), graph.constant(Float(0)), memory)
    let padded = graph.apply(
      "Pad", [kept, graph.joined([zeros, zeros, zeros, zeros, missing, zeros], axis: 0)])
    let hidden = graph.apply(
      "Pad",
      [
        graph.cast(mask, to: .float), graph.joined([zeros, zeros, zeros, missing], axis: 0),
        graph.constant(Float(1)),
      ])
    // A group is padding where its first row is: padding stands at the end.
    let groups = graph.apply(
      "ReduceMin", [graph.reshaped(hidden, [0, -1, rate])],
      [.ints("axes", [2]), .int("keepdims", 0)])
    return (
      graph.linear(graph.reshaped(padded, [0, -1, rate * size]), "encoder.memory_compression"),
      graph.cast(groups, to: .bool)
    )
  }
}
