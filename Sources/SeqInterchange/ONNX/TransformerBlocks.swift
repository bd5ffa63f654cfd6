internal import SeqLayers
internal import SeqModels

/// The residual blocks of a Transformer's layers, in a graph.
struct TransformerBlocks {
  private let graph: GraphBuilder
  private let configuration: TransformerConfiguration
  private let stack: String
  private let heads: AttentionHeads
  /// The layer that the blocks are of.
  var layer = 0

  /// Those of the stack `encoder` or `decoder`.
  init(_ graph: GraphBuilder, _ configuration: TransformerConfiguration, stack: String) {
    self.graph = graph
    self.configuration = configuration
    self.stack = stack
    heads = configuration.heads
  }

  private func name(_ part: String) -> String { "\(stack).layers.\(layer).\(part)" }

  private func norm(_ x: GraphValue, _ name: String) -> GraphValue {
    graph.norm(
      x, name, configuration.normType, epsilon: configuration.conventions.normEpsilon)
  }

  /// One block: `x + f(norm(x))`, or `norm(x + f(x))`.
  private func residual(
    _ x: GraphValue, _ norm: String, _ block: (GraphValue) -> GraphValue
  ) -> GraphValue {
    switch configuration.norm {
    case .pre: graph.add(x, block(self.norm(x, name(norm))))
    case .post: self.norm(graph.add(x, block(x)), name(norm))
    }
  }

  /// Self-attention, and the keys and values it saw: those of `past` and its own.
  func selfAttention(
    _ x: GraphValue, hiding mask: GraphValue?, _ distances: GraphDistances?,
    past: KeysAndValues? = nil
  ) -> (result: GraphValue, seen: KeysAndValues) {
    let attention = name("self_attention")
    var seen: KeysAndValues?
    let result = residual(x, "self_attention_norm") { x in
      let parts = graph.split(graph.linear(x, "\(attention).input"), into: 3).map {
        graph.divided($0, into: heads)
      }
      let queries = distances?.turned(parts[0]) ?? parts[0]
      let own = KeysAndValues(keys: distances?.turned(parts[1]) ?? parts[1], values: parts[2])
      let all = past?.joined(by: own, in: graph) ?? own
      seen = all
      let terms = distances?.terms(queries, all.keys, attention: attention) ?? .none
      return graph.linear(
        graph.attention(queries, all.keys, all.values, heads, hiding: mask, terms: terms),
        "\(attention).output")
    }
    return (result, seen ?? KeysAndValues(keys: result, values: result))
  }

  /// What an attention to other rows has of them.
  func keysAndValues(_ memory: GraphValue, attention part: String) -> KeysAndValues {
    let parts = graph.split(graph.linear(memory, "\(name(part)).memory"), into: 2).map {
      graph.divided($0, into: heads)
    }
    return KeysAndValues(keys: parts[0], values: parts[1])
  }

  /// Attention to a memory of keys and values.
  func crossAttention(
    _ x: GraphValue, _ memory: KeysAndValues, hiding mask: GraphValue,
    attention part: String = "cross_attention"
  ) -> GraphValue {
    residual(x, "\(part)_norm") { x in
      let queries = graph.divided(graph.linear(x, "\(name(part)).query"), into: heads)
      return graph.linear(
        graph.attention(queries, memory.keys, memory.values, heads, hiding: mask),
        "\(name(part)).output")
    }
  }

  /// Latents reading a source.
  func reading(_ x: GraphValue, _ source: GraphValue, hiding mask: GraphValue) -> GraphValue {
    crossAttention(
      x, keysAndValues(source, attention: "reading"), hiding: mask, attention: "reading")
  }

  /// The position-wise network.
  func feedForward(_ x: GraphValue) -> GraphValue {
    residual(x, "feed_forward_norm") { x in
      let inner = graph.activated(
        graph.linear(x, name("feed_forward.inner")), configuration.activation)
      return graph.linear(inner, name("feed_forward.outer"))
    }
  }

  /// What comes after the last layer.
  func finished(_ x: GraphValue) -> GraphValue {
    configuration.norm == .pre ? norm(x, "\(stack).norm") : x
  }
}
