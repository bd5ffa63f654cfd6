internal import SeqKernels

/// What a pointer's scores know of the weights given before.
public enum PointerCoverage {
  /// Nothing.
  case none
  /// For every key the sum of all weights that earlier queries of the sequence gave it, times a
  /// vector `[size]`.
  case accumulated(Parameter)
  /// As given for each query, `[keys]` each, times a vector `[size]`: a step of decoding.
  case given([[Float]], Parameter)
}

/// The weights of additive attention, one head, which gradients flow through:
/// `softmax(vᵀ tanh(q + k + w·c))` for every pair of a query and a key, c being the key's coverage.
///
/// The i-th sequence of the queries attends to the i-th of the keys. With coverage the queries of a
/// sequence follow one another.
///
/// - Shapes: `queries` `[query tokens, size]`, `keys` `[key tokens, size]`, both ragged, `vector`
///   `[size]`.
/// - SeeAlso: See, Liu, Manning 2017, arXiv:1704.04368, equations 1, 2, 10 and 11.
public func pointerWeights(
  queries: Tensor, keys: Tensor, vector: Parameter, coverage: PointerCoverage = .none
) -> SourceWeights {
  guard let rows = queries.sequences, let memory = keys.sequences else {
    requirementFailure("pointer: queries and keys must be ragged, with their sequences")
  }
  let size = queries.columns
  require(
    keys.columns == size && vector.shape == [size],
    "pointer: sizes \(size), \(keys.columns) and \(vector.shape) of queries, keys and vector differ"
  )
  require(
    rows.count == memory.count,
    "pointer: \(rows.count) sequences of queries and \(memory.count) of keys")
  let context = queries.context
  let plan = PointerPlan(queries: rows, keys: memory, size: size, coverage: coverage, in: context)
  let count = SourceWeights.count(queries: rows, keys: memory)
  let storage = context.allocate(count: count)
  plan.forEachSequence { shape, row, key, start in
    Kernels.pointerAttention(
      shape, query: queries.pointer + row, key: keys.pointer + key, vector: vector.pointer,
      coverage: plan.coverage(from: start), weights: storage.pointer + start)
  }
  let weights = context.record(
    "pointer", storage, shape: [count], sequences: nil, inputs: [queries, keys],
    hasParameters: true, changesGradient: true
  ) { flow, dy in
    let slices = [queries, keys].map { $0.slice(0, size: size) }
    let scratch = flow.context.allocate(count: memory.lengths.max() ?? 0)
    flow.withGradients(of: slices) { gradients in
      plan.forEachSequence { shape, row, key, start in
        Kernels.pointerAttentionBackward(
          shape, query: queries.pointer + row, key: keys.pointer + key, vector: vector.pointer,
          coverage: plan.coverage(from: start), weights: storage.pointer + start,
          weightsGradient: dy.pointer + start, queryGradient: gradients[0] + row,
          keyGradient: gradients[1] + key, vectorGradient: flow.gradient(of: vector),
          coverageVectorGradient: plan.vector.map { flow.gradient(of: $0) },
          scratch: scratch.pointer)
      }
    }
  }
  return SourceWeights(weights, queries: rows, keys: memory)
}

/// Which sequences there are, and where their coverage lies.
private struct PointerPlan {
  let queries: Sequences
  let keys: Sequences
  let size: Int
  /// What coverage is multiplied by.
  let vector: Parameter?
  private let values: Storage?
  private let accumulates: Bool

  init(
    queries: Sequences, keys: Sequences, size: Int, coverage: PointerCoverage, in context: Context
  ) {
    self.queries = queries
    self.keys = keys
    self.size = size
    switch coverage {
    case .none: (vector, values, accumulates) = (nil, nil, false)
    case .accumulated(let parameter):
      values = context.allocate(count: SourceWeights.count(queries: queries, keys: keys))
      (vector, accumulates) = (parameter, true)
    case .given(let rows, let parameter):
      require(!context.isRecording, "pointer: given coverage has no gradient")
      let given = rows.flatMap { $0 }
      require(
        given.count == SourceWeights.count(queries: queries, keys: keys),
        "pointer: coverage of \(given.count), not a number for every query and key")
      let storage = context.allocate(count: given.count)
      storage.pointer.update(from: given, count: given.count)
      (vector, values, accumulates) = (parameter, storage, false)
    }
    require(
      vector.map { $0.shape == [size] } ?? true,
      "pointer: coverage times \(vector?.shape ?? [0]), sizes differ from \(size)")
  }

  /// Calls `body` with each sequence that has queries and keys, the first elements of its queries and
  /// keys, and its first weight.
  func forEachSequence(
    _ body: (_ shape: PointerRows, _ row: Int, _ key: Int, _ start: Int) -> Void
  ) {
    SourceWeights.forEachSequence(queries: queries, keys: keys) { sequence, start in
      let shape = PointerRows(
        queryCount: queries.lengths[sequence], keyCount: keys.lengths[sequence], size: size,
        accumulates: accumulates)
      guard shape.queryCount > 0 else { return }
      body(shape, queries.offsets[sequence] * size, keys.offsets[sequence] * size, start)
    }
  }

  func coverage(from start: Int) -> CoverageRows? {
    guard let vector, let values else { return nil }
    return CoverageRows(values: values.pointer + start, vector: UnsafePointer(vector.pointer))
  }
}
