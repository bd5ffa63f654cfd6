internal import SeqModels

/// The decoder of a Transformer as graphs: over whole targets, and over one token after others.
struct TransformerDecoderGraph {
  let graph: GraphBuilder
  let configuration: TransformerConfiguration
  let tying: EmbeddingTying

  private var layers: Range<Int> { 0..<configuration.decoderLayerCount }

  private func kept(_ layer: Int, _ kind: String, _ length: GraphPort.Extent, _ when: String)
    -> GraphPort
  {
    GraphPort(
      "\(when).\(layer).\(kind)", .float,
      ["batch", .fixed(configuration.headCount), length, .fixed(configuration.columnsPerHead)])
  }

  private func embedded(_ ids: GraphValue, at positions: GraphValue) -> GraphValue {
    let embedding = GraphEmbedding(
      graph: graph, configuration: configuration, side: .target, tying: tying)
    return graph.within("decoder.embedding") { embedding(ids, at: positions) }
  }

  /// The states that the vocabulary sees.
  private func finished(_ x: GraphValue, _ blocks: TransformerBlocks) -> GraphValue {
    let states = blocks.finished(x)
    guard configuration.conventions.scaledOutput else { return states }
    return graph.multiply(states, 1 / Float(configuration.embeddingSize).squareRoot())
  }

  /// Over whole targets; gives the last states and leaves keys and values.
  func whole(
    _ ids: GraphValue, hiding mask: GraphValue, causal: GraphValue, memory: GraphValue,
    hiding memoryMask: GraphValue
  ) -> GraphValue {
    let positions = graph.range(
      from: graph.constant(0), count: graph.extent(of: ids, axis: 1))
    let distances = GraphDistances(
      graph, configuration, stack: "decoder", queries: positions, keys: positions)
    let hidden = graph.either(graph.unsqueezed(mask, [1, 2]), graph.unsqueezed(causal, [0, 1]))
    let memoryHidden = graph.unsqueezed(memoryMask, [1, 2])
    // Memories of another size are mapped to this one's.
    let memory =
      graph.has("decoder.memory.weight") ? graph.linear(memory, "decoder.memory") : memory
    var blocks = TransformerBlocks(graph, configuration, stack: "decoder")
    var x = embedded(ids, at: positions)
    for layer in layers {
      graph.within("decoder.layers.\(layer)") {
        blocks.layer = layer
        let (attended, seen) = blocks.selfAttention(x, hiding: hidden, distances)
        let cross = blocks.keysAndValues(memory, attention: "cross_attention")
        x = blocks.crossAttention(attended, cross, hiding: memoryHidden)
        x = blocks.feedForward(x)
        graph.output(seen.keys, kept(layer, "key", "target", "present"))
        graph.output(seen.values, kept(layer, "value", "target", "present"))
        graph.output(cross.keys, kept(layer, "cross_key", "memory", "present"))
        graph.output(cross.values, kept(layer, "cross_value", "memory", "present"))
      }
    }
    return finished(x, blocks)
  }

  /// Over one token a row; all that came before it is an input, and it is left among it.
  func step(_ ids: GraphValue, hiding memoryMask: GraphValue) -> GraphValue {
    let past = layers.map { layer in
      (
        own: KeysAndValues(
          keys: graph.input(kept(layer, "key", "past", "past")),
          values: graph.input(kept(layer, "value", "past", "past"))),
        cross: KeysAndValues(
          keys: graph.input(kept(layer, "cross_key", "memory", "past")),
          values: graph.input(kept(layer, "cross_value", "memory", "past")))
      )
    }
    let first = past.first.map { graph.extent(of: $0.own.keys, axis: 2) } ?? graph.constant(0)
    let one = graph.extent(of: ids, axis: 1)
    let positions = graph.range(from: first, count: one)
    let distances = GraphDistances(
      graph, configuration, stack: "decoder", queries: positions,
      keys: graph.range(from: graph.constant(0), count: graph.add(first, one)))
    let memoryHidden = graph.unsqueezed(memoryMask, [1, 2])
    var blocks = TransformerBlocks(graph, configuration, stack: "decoder")
    var x = embedded(ids, at: positions)
    for layer in layers {
      graph.within("decoder.layers.\(layer)") {
        blocks.layer = layer
        let (attended, seen) = blocks.selfAttention(
          x, hiding: nil, distances, past: past[layer].own)
        x = blocks.crossAttention(attended, past[layer].cross, hiding: memoryHidden)
        x = blocks.feedForward(x)
        graph.output(seen.keys, kept(layer, "key", "present", "present"))
        graph.output(seen.values, kept(layer, "value", "present", "present"))
      }
    }
    return finished(x, blocks)
  }
}
