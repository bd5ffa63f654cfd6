internal import SeqLayers
internal import SeqModels

// Attention over padded tensors, `[batch, heads, length, head size]`.
extension GraphBuilder {
  /// Heads beside each other, each by itself: `[batch, length, columns]` →
  /// `[batch, heads, length, head size]`.
  func divided(_ x: GraphValue, into heads: AttentionHeads) -> GraphValue {
    transposed(reshaped(x, [0, 0, heads.count, heads.size]), [0, 2, 1, 3])
  }

  /// Heads side by side: `[batch, heads, length, head size]` → `[batch, length, columns]`.
  private func united(_ x: GraphValue, _ heads: AttentionHeads) -> GraphValue {
    reshaped(transposed(x, [0, 2, 1, 3]), [0, 0, heads.columns])
  }

  /// What queries find among keys and values, the heads side by side again.
  ///
  /// `mask` is true for what is hidden and goes with `[batch, heads, queries, keys]`. What `terms` say
  /// of distances is added to the scores.
  func attention(
    _ queries: GraphValue, _ keys: GraphValue, _ values: GraphValue, _ heads: AttentionHeads,
    hiding mask: GraphValue?, terms: DistanceTerms = .none
  ) -> GraphValue {
    var products = product(queries, transposed(keys, [0, 1, 3, 2]))
    for term in terms.products { products = add(products, term) }
    var scores = multiply(products, terms.scale ?? heads.scale)
    for term in terms.biases { scores = add(scores, term) }
    return united(product(softmax(scores, hiding: mask), values), heads)
  }
}

/// What distances add to the scores of one attention.
struct DistanceTerms {
  /// Added to products of queries and keys before these are scaled.
  var products: [GraphValue] = []
  /// Added afterwards.
  var biases: [GraphValue] = []
  /// What products are scaled by; nil is as usual.
  var scale: Float?

  static let none = DistanceTerms()
}

/// The keys and values that an attention of a decoder leaves for the next step.
struct KeysAndValues {
  let keys: GraphValue
  let values: GraphValue

  /// With those that come after them.
  func joined(by next: KeysAndValues, in graph: GraphBuilder) -> KeysAndValues {
    KeysAndValues(
      keys: graph.joined([keys, next.keys], axis: 2),
      values: graph.joined([values, next.values], axis: 2))
  }
}
