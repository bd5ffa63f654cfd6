internal import SeqLayers
internal import SeqModels

/// A memory as a recurrent decoder's attention reads it.
struct GraphMemory {
  /// What queries are compared with, `[batch, memory, columns]`.
  let keys: GraphValue
  /// What is summed, `[batch, memory, columns]`.
  let values: GraphValue
}

/// The attention of a recurrent decoder, whichever score it has, in a graph.
struct GraphScores {
  let graph: GraphBuilder
  let configuration: RecurrentAttentionConfiguration
  /// Columns of queries.
  let querySize: Int
  /// Columns of the memory.
  let memorySize: Int

  private let name = "decoder.attention"

  /// Columns inside the score.
  private var size: Int { configuration.size ?? querySize }

  /// Columns of keys.
  var keySize: Int {
    switch configuration.score {
    case .dot, .general: memorySize
    case .concat, .additive, .scaledDot, .multiHead: size
    }
  }

  /// Columns of values.
  var valueSize: Int { valuesAreMemory ? memorySize : size }

  /// Whether the rows of the memory are compared as they are.
  var keysAreMemory: Bool { configuration.score == .dot || configuration.score == .general }

  /// Whether the rows of the memory are summed as they are.
  var valuesAreMemory: Bool {
    configuration.score != .scaledDot && configuration.score != .multiHead
  }

  /// What depends on the memory alone.
  func prepared(_ memory: GraphValue) -> GraphMemory {
    switch configuration.score {
    case .dot, .general: return GraphMemory(keys: memory, values: memory)
    case .additive:
      return GraphMemory(keys: graph.linear(memory, "\(name).key"), values: memory)
    case .concat:
      let columns = querySize..<querySize + memorySize
      return GraphMemory(
        keys: graph.product(memory, graph.transposed("\(name).weight", columns: columns)),
        values: memory)
    case .scaledDot, .multiHead:
      let parts = graph.split(graph.linear(memory, "\(name).memory"), into: 2)
      return GraphMemory(keys: parts[0], values: parts[1])
    }
  }

  /// What queries `[batch, columns]` find, `[batch, columns]`; the mask `[batch, memory]` is true for
  /// what is hidden.
  func context(of queries: GraphValue, over memory: GraphMemory, hiding mask: GraphValue)
    -> GraphValue
  {
    switch configuration.score {
    case .dot: return dot(queries, memory, mask, scale: 1)
    case .general:
      return dot(graph.linear(queries, "\(name).query"), memory, mask, scale: 1)
    case .scaledDot:
      return dot(
        graph.linear(queries, "\(name).query"), memory, mask,
        scale: 1 / Float(size).squareRoot())
    case .additive: return additive(graph.linear(queries, "\(name).query"), memory, mask)
    case .concat:
      let half = graph.transposed("\(name).weight", columns: 0..<querySize)
      return additive(graph.product(queries, half), memory, mask)
    case .multiHead:
      let heads = AttentionHeads(
        count: configuration.headCount, size: size / configuration.headCount)
      // [batch, columns] → [batch, 1, columns]
      let rows = graph.unsqueezed(graph.linear(queries, "\(name).query"), [1])
      let found = graph.attention(
        graph.divided(rows, into: heads), graph.divided(memory.keys, into: heads),
        graph.divided(memory.values, into: heads), heads, hiding: graph.unsqueezed(mask, [1, 2]))
      return graph.linear(graph.squeezed(found, [1]), "\(name).output")
    }
  }

  private func dot(
    _ queries: GraphValue, _ memory: GraphMemory, _ mask: GraphValue, scale: Float
  ) -> GraphValue {
    // [batch, 1, columns] × [batch, columns, memory]
    let products = graph.product(
      graph.unsqueezed(queries, [1]), graph.transposed(memory.keys, [0, 2, 1]))
    return sum(graph.multiply(products, scale), memory, mask)
  }

  /// Scores `vᵀ tanh(q + k)`.
  private func additive(
    _ queries: GraphValue, _ memory: GraphMemory, _ mask: GraphValue
  ) -> GraphValue {
    let pairs = graph.tanh(graph.add(graph.unsqueezed(queries, [1]), memory.keys))
    // [batch, memory, columns] × [columns] → [batch, memory] → [batch, 1, memory]
    let scores = graph.product(pairs, graph.parameter("\(name).vector"))
    return sum(graph.unsqueezed(scores, [1]), memory, mask)
  }

  private func sum(_ scores: GraphValue, _ memory: GraphMemory, _ mask: GraphValue) -> GraphValue {
    let weights = graph.softmax(scores, hiding: graph.unsqueezed(mask, [1]))
    return graph.squeezed(graph.product(weights, memory.values), [1])
  }
}
