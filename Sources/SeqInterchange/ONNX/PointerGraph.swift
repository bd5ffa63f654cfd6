internal import SeqModels

/// What lets a decoder copy, as part of its graphs: what it gives are logarithms of probabilities, of
/// the vocabulary's words and behind them of those that sources have beyond it.
struct PointerGraph {
  let graph: GraphBuilder
  let configuration: CopyingConfiguration
  let tying: EmbeddingTying
  let vocabulary: Int
  let stateSize: Int

  private var size: Int { configuration.size ?? stateSize }

  /// What a decoder reads of a source in order to copy.
  struct Source {
    /// What its tokens are, `[batch, memory]`; from the vocabulary's size on words that it lacks.
    let ids: GraphValue
    /// What the encoder made of them, `[batch, memory, memory size]`.
    let memory: GraphValue
    /// Which of them are padding, `[batch, memory]`.
    let mask: GraphValue
  }

  private var keyPort: (String) -> GraphPort {
    { GraphPort("\($0).pointer_key", .float, ["batch", "memory", .fixed(size)]) }
  }

  private var coveragePort: (String) -> GraphPort {
    { GraphPort("\($0).coverage", .float, ["batch", "memory"]) }
  }

  /// All states of targets, `[batch, target, size]`; leaves what steps go on from.
  func whole(_ states: GraphValue, of source: Source, hiding mask: GraphValue) -> GraphValue {
    let keys = graph.linear(source.memory, "pointer.key")
    graph.output(keys, keyPort("present"))
    let queries = graph.linear(states, "pointer.query")
    guard configuration.coverage else {
      // [batch, target, 1, size] + [batch, 1, memory, size]
      let pairs = graph.add(graph.unsqueezed(queries, [2]), graph.unsqueezed(keys, [1]))
      let weights = graph.softmax(
        scores(graph, pairs), hiding: graph.unsqueezed(source.mask, [1]))
      return mixed(states, weights, source)
    }
    let body = graph.body("pointer") { inner in
      let covered = inner.input(
        GraphPort("covered_before", .float, ["batch", "memory"]))
      let query = inner.input(GraphPort("query", .float, ["batch", .fixed(size)]))
      let ended = inner.unsqueezed(
        inner.input(GraphPort("query_is_padding", .bool, ["batch"])), [1])
      let given = weights(inner, of: query, keys, covered: covered, source.mask)
      inner.output(
        inner.select(ended, covered, inner.add(covered, given)),
        GraphPort("covered_after", .float, ["batch", "memory"]))
      inner.output(given, GraphPort("given", .float, ["batch", "memory"]))
    }
    let none = graph.expanded(graph.constant(Float(0)), to: graph.shape(of: source.mask))
    let results = graph.apply(
      "Scan", [none, queries, mask],
      [
        .graph("body", body), .int("num_scan_inputs", 2), .ints("scan_input_axes", [1, 1]),
        .ints("scan_output_axes", [1]),
      ], resultCount: 2)
    graph.output(results[0], coveragePort("present"))
    return mixed(states, results[1], source)
  }

  /// One state a row, `[batch, 1, size]`, after others.
  func step(_ states: GraphValue, of source: Source) -> GraphValue {
    let keys = graph.input(keyPort("past"))
    let covered = configuration.coverage ? graph.input(coveragePort("past")) : nil
    let query = graph.squeezed(graph.linear(states, "pointer.query"), [1])
    let given = weights(graph, of: query, keys, covered: covered, source.mask)
    if let covered { graph.output(graph.add(covered, given), coveragePort("present")) }
    return mixed(states, graph.unsqueezed(given, [1]), source)
  }

  /// What one query a source, `[batch, size]`, gives to the source's tokens, `[batch, memory]`.
  private func weights(
    _ graph: GraphBuilder, of query: GraphValue, _ keys: GraphValue, covered: GraphValue?,
    _ mask: GraphValue
  ) -> GraphValue {
    var pairs = graph.add(graph.unsqueezed(query, [1]), keys)
    if let covered {
      let more = graph.multiply(
        graph.unsqueezed(covered, [2]), graph.parameter("pointer.coverage"))
      pairs = graph.add(pairs, more)
    }
    return graph.softmax(scores(graph, pairs), hiding: mask)
  }

  private func scores(_ graph: GraphBuilder, _ pairs: GraphValue) -> GraphValue {
    graph.product(graph.tanh(pairs), graph.parameter("pointer.vector"))
  }

  /// `log(g·p + (1 − g)·Σ weights of the source tokens that a word is)`, `[batch, target, words]`.
  private func mixed(
    _ states: GraphValue, _ weights: GraphValue, _ source: Source
  ) -> GraphValue {
    let found = graph.product(weights, source.memory)
    let logits = graph.logits(
      graph.add(states, graph.linear(found, "pointer.context")), tying)
    let gate = graph.linear(graph.joined([states, found], axis: -1), "pointer.gate")
    // σ(g) and 1 − σ(g) as a softmax of g and 0: a runtime's logistic function may be right to so many
    // digits behind the point only, which are few of a small number's.
    let shares = graph.split(
      graph.softmax(graph.joined([gate, graph.multiply(gate, 0)], axis: -1), hiding: nil), into: 2)
    let generated = graph.multiply(shares[0], graph.softmax(logits, hiding: nil))
    let copied = graph.multiply(shares[1], weights)
    // Padding has no weight and is no word beyond the vocabulary.
    let ids = graph.select(source.mask, graph.constant(0), source.ids)
    let largest = graph.apply("ReduceMax", [ids], [.int("keepdims", 0)])
    let extra = graph.apply(
      "Max", [graph.subtract(largest, graph.constant(vocabulary - 1)), graph.constant(0)])
    let zeros = graph.constants([0])
    let words = graph.apply(
      "Pad",
      [
        generated,
        graph.joined(
          [zeros, zeros, zeros, zeros, zeros, graph.unsqueezed(extra, [0])], axis: 0),
      ])
    let places = graph.expanded(graph.unsqueezed(ids, [1]), to: graph.shape(of: copied))
    let sum = graph.apply(
      "ScatterElements", [words, places, copied], [.int("axis", 2), .string("reduction", "add")])
    // Words that cannot come have a logarithm that is a number all the same.
    return graph.apply("Log", [graph.apply("Max", [sum, graph.constant(Float(1e-37))])])
  }
}

extension GraphBuilder {
  /// Ids as embeddings know them: words beyond the vocabulary, which can be copied alone, are unknown.
  func known(_ ids: GraphValue, _ vocabularies: VocabularySizes) -> GraphValue {
    select(
      apply("Less", [ids, constant(vocabularies.source)]), ids,
      constant(Int(vocabularies.specialTokens.unknown)))
  }
}
