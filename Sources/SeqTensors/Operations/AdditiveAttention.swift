internal import SeqKernels

/// Additive attention over ragged batches, one fused operation: `softmax(vᵀ tanh(q + k)) V` for every
/// pair of a query and a key, both projected to one size beforehand.
///
/// The i-th sequence of the queries attends to the i-th sequence of the keys. A query with nothing
/// to attend to gets zeros. Takes queries × keys × size hyperbolic tangents, forward and again
/// backward, and keeps none of them; projections are exact within ±40 and count as that beyond.
/// `powers` are those of the keys where they were computed before, for several calls.
///
/// - Shapes: `queries` `[query tokens, size]`, `keys` `[key tokens, size]`, `values`
///   `[key tokens, value size]`, `vector` `[size]`, returns `[query tokens, value size]`.
/// - Precondition: Queries and keys are not the same columns of one tensor.
/// - SeeAlso: Bahdanau, Cho, Bengio 2015, arXiv:1409.0473, §A.1.2.
public func additiveAttention(
  queries: ColumnSlice, keys: ColumnSlice, values: ColumnSlice, vector: Parameter,
  powers: AdditivePowers? = nil, dropout rate: Double = 0
) -> (output: Tensor, weights: AttentionWeights) {
  guard let rows = queries.tensor.sequences, let memory = keys.tensor.sequences else {
    requirementFailure("additive attention: queries and keys must be ragged, with their sequences")
  }
  let size = queries.size
  require(
    keys.size == size && vector.shape == [size],
    "additive attention: sizes \(size), \(keys.size) and \(vector.shape) of queries, keys and "
      + "vector differ")
  require(
    rows.count == memory.count,
    "additive attention: \(rows.count) sequences of queries and \(memory.count) of keys")
  for (slice, sequences) in [(queries, rows), (keys, memory), (values, memory)] {
    require(
      slice.tensor.shape.rank == 2 && slice.tensor.rows == sequences.tokenCount,
      "additive attention: \(slice.tensor.shape) and sequences of \(sequences.tokenCount) tokens")
  }
  require(
    queries.pointer != keys.pointer || rows.tokenCount == 0,
    "additive attention: queries and keys are the same columns of one tensor")
  let context = queries.tensor.context
  let powers = powers ?? AdditivePowers(of: keys)
  require(
    powers.shape == [keys.tensor.rows, size],
    "additive attention: powers \(powers.shape) of keys [\(keys.tensor.rows), \(size)]")
  let plan = AdditivePlan(
    queries: queries, keys: keys, powers: powers, values: values, rows: rows, memory: memory,
    vector: vector,
    draws: context.nextDropout(rate: rate))
  let shape: Shape = [rows.tokenCount, values.size]
  let output = context.allocate(shape)
  let probabilities = context.allocate(count: plan.probabilityCount)
  plan.run(context, output: output, probabilities: probabilities)
  let weights = AttentionWeights(
    storage: probabilities, starts: plan.starts, queries: rows, keys: memory, headCount: 1)
  context.captureAttention(weights)
  let result = context.record(
    "additive attention", output, shape: shape, sequences: rows,
    inputs: [queries.tensor, keys.tensor, values.tensor], hasParameters: true
  ) { flow, dy in
    plan.passBack(flow, dy, probabilities: probabilities)
  }
  return (result, weights)
}

/// What additive attention computes of its keys before it meets a query, e²ᵏ: worth keeping where one
/// memory is asked step by step.
public struct AdditivePowers {
  let storage: Storage
  let shape: Shape

  /// The powers of these keys.
  public init(of keys: ColumnSlice) {
    shape = [keys.tensor.rows, keys.size]
    storage = keys.tensor.context.allocate(count: shape.count)
    Kernels.additivePowers(
      keys.pointer, stride: keys.stride, into: storage.pointer, rows: shape.rows,
      size: shape.columns)
  }
}

/// The operands of one additive attention, and where its probabilities lie.
private struct AdditivePlan {
  let queries: ColumnSlice
  let keys: ColumnSlice
  let powers: AdditivePowers
  let values: ColumnSlice
  let rows: Sequences
  let memory: Sequences
  let vector: Parameter
  let draws: DropoutDraws
  /// The first probability of each sequence.
  let starts: [Int]
  let probabilityCount: Int

  init(
    queries: ColumnSlice, keys: ColumnSlice, powers: AdditivePowers, values: ColumnSlice,
    rows: Sequences, memory: Sequences, vector: Parameter, draws: DropoutDraws
  ) {
    self.queries = queries
    self.keys = keys
    self.powers = powers
    self.values = values
    self.rows = rows
    self.memory = memory
    self.vector = vector
    self.draws = draws
    var starts: [Int] = []
    var total = 0
    for (queryCount, keyCount) in zip(rows.lengths, memory.lengths) {
      starts.append(total)
      total += queryCount * AttentionHead.probabilityStride(keyCount: keyCount)
    }
    self.starts = starts
    probabilityCount = total
  }

  /// Calls `body` with each sequence that has queries, scratch memory beside it.
  private func forEachSequence(
    _ context: Context, _ body: (AdditiveRows, Int, UnsafeMutablePointer<Float>) -> Void
  ) {
    rows.rowIDs.withUnsafeBufferPointer { ids in
      guard let base = ids.baseAddress else { return }
      let shapes = rows.lengths.indices.map { index in
        AdditiveRows(
          queryCount: rows.lengths[index], keyCount: memory.lengths[index], size: queries.size,
          valueSize: values.size, queryStride: queries.stride, keyStride: keys.stride,
          valueStride: values.stride, draws: draws, rowIDs: base + rows.offsets[index])
      }
      let scratch = context.allocate(count: shapes.map { $0.scratchCount }.max() ?? 0)
      withExtendedLifetime(scratch) {
        for (index, shape) in shapes.enumerated() where shape.queryCount > 0 {
          body(shape, index, scratch.pointer)
        }
      }
    }
  }

  func run(_ context: Context, output: Storage, probabilities: Storage) {
    forEachSequence(context) { shape, index, scratch in
      Kernels.additiveAttention(
        shape, query: queries.pointer + rows.offsets[index] * queries.stride,
        keyPowers: powers.storage.pointer + memory.offsets[index] * keys.size,
        vector: vector.pointer,
        value: values.pointer + memory.offsets[index] * values.stride,
        output: output.pointer + rows.offsets[index] * values.size,
        probabilities: probabilities.pointer + starts[index], scratch: scratch)
    }
  }

  /// The formulas are beside the kernel, `seq_additive_attention_backward`.
  func passBack(_ flow: Backward, _ dy: Storage, probabilities: Storage) {
    flow.withGradients(of: [queries, keys, values]) { gradients in
      let vectorGradient = flow.gradient(of: vector)
      forEachSequence(flow.context) { shape, index, scratch in
        let (row, key) = (rows.offsets[index], memory.offsets[index])
        Kernels.additiveAttentionBackward(
          shape, query: queries.pointer + row * queries.stride,
          keyPowers: powers.storage.pointer + key * keys.size, vector: vector.pointer,
          value: values.pointer + key * values.stride,
          probabilities: probabilities.pointer + starts[index],
          outputGradient: dy.pointer + row * values.size,
          queryGradient: gradients[0] + row * queries.stride,
          keyGradient: gradients[1] + key * keys.stride, vectorGradient: vectorGradient,
          valueGradient: gradients[2] + key * values.stride, scratch: scratch)
      }
    }
  }
}
