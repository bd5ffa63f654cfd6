internal import SeqKernels

/// Some columns of a ragged tensor: one of several projections that one product computed.
public struct ColumnSlice {
  /// What the columns belong to, `[tokens, columns]`.
  public let tensor: Tensor
  /// The first column.
  public let start: Int
  /// How many columns.
  public let size: Int

  /// Names columns; nothing is copied.
  ///
  /// - Precondition: The columns exist.
  public init(_ tensor: Tensor, start: Int, size: Int) {
    require(
      start >= 0 && size > 0 && start + size <= tensor.shape.columns,
      "slice: \(tensor.shape), columns \(start) ..< \(start + size) are not all there")
    self.tensor = tensor
    self.start = start
    self.size = size
  }

  var stride: Int { tensor.shape.columns }
  var pointer: UnsafeMutablePointer<Float> { tensor.pointer + start }
}

extension Tensor {
  /// Columns `start ..< start + size`.
  public func slice(_ start: Int, size: Int) -> ColumnSlice {
    ColumnSlice(self, start: start, size: size)
  }
}

/// The weights that an attention gave, for looking at.
public struct AttentionWeights {
  let storage: Storage
  let starts: [Int]
  let queries: Sequences
  let keys: Sequences
  /// How many heads share the columns.
  public let headCount: Int

  /// The weight of a key for a query of one sequence, before dropout, 0–1.
  public func weight(sequence: Int, head: Int, query: Int, key: Int) -> Float {
    let stride = AttentionHead.probabilityStride(keyCount: keys.lengths[sequence])
    let rows = queries.lengths[sequence]
    return storage.pointer[starts[sequence] + (head * rows + query) * stride + key]
  }
}

/// Multi-head scaled dot-product attention over ragged batches, one fused operation:
/// `softmax(Q Kᵀ · scale) V` for every head of every sequence.
///
/// `scale` is 1/√headSize where nothing else is said. `relative` adds to the scores what the distances
/// between queries and keys are worth, and its scale, if it has one, comes first. The i-th sequence of
/// the queries attends to the i-th sequence of the keys. A query with nothing to attend to gets zeros.
///
/// - Shapes: `queries` `[query tokens, size]`, `keys` and `values` `[key tokens, size]`, returns
///   `[query tokens, size]`; heads lie side by side in the columns.
/// - Precondition: The head count divides the size; both sides have as many sequences.
/// - SeeAlso: Vaswani et al. 2017, arXiv:1706.03762, §3.2.
public func attention(
  queries: ColumnSlice, keys: ColumnSlice, values: ColumnSlice, headCount: Int,
  mask: AttentionMask = .none, scale: Float? = nil, relative: RelativePositions? = nil,
  dropout rate: Double = 0
) -> (output: Tensor, weights: AttentionWeights) {
  guard let rows = queries.tensor.sequences, let memory = keys.tensor.sequences else {
    requirementFailure("attention: queries and keys must be ragged, with their sequences")
  }
  let size = queries.size
  require(
    keys.size == size && values.size == size,
    "attention: sizes \(size), \(keys.size) and \(values.size) of queries, keys and values differ")
  require(
    headCount > 0 && size % headCount == 0,
    "attention: size \(size), \(headCount) heads do not divide it")
  require(
    rows.count == memory.count,
    "attention: \(rows.count) sequences of queries and \(memory.count) of keys")
  require(
    values.tensor.sequences === memory || values.tensor.sequences?.lengths == memory.lengths,
    "attention: keys and values are not of the same sequences")
  for (slice, sequences) in [(queries, rows), (keys, memory), (values, memory)] {
    require(
      slice.tensor.shape.rank == 2 && slice.tensor.rows == sequences.tokenCount,
      "attention: \(slice.tensor.shape) and sequences of \(sequences.tokenCount) tokens")
  }
  mask.check("attention", queryCounts: rows.lengths, keyCounts: memory.lengths)
  let context = queries.tensor.context
  let shape: Shape = [rows.tokenCount, size]
  let output = context.allocate(shape)
  let scale = relative?.scale ?? scale ?? 1 / Float(size / headCount).squareRoot()
  relative?.check(headCount: headCount, headSize: size / headCount)
  let scores = relative.map {
    RelativeScores(
      $0, queries: rows, keys: memory, headCount: headCount, headSize: size / headCount,
      scale: scale, in: context)
  }
  let plan = AttentionPlan(
    queries: rows, keys: memory, headCount: headCount, headSize: size / headCount, mask: mask,
    scale: scale, draws: context.nextDropout(rate: rate),
    strides: (queries.stride, keys.stride, values.stride))
  let probabilities = context.allocate(count: plan.probabilityCount)
  let scratch = context.allocate(count: plan.scratchCount)
  plan.forEachHead { head, row, key, start in
    let query = queries.pointer + row * queries.stride + head.head * head.headSize
    let firstKey = keys.pointer + key * keys.stride + head.head * head.headSize
    var head = head
    head.bias = scores?.bias(head, query: query, key: firstKey)
    Kernels.attention(
      head, query: query, key: firstKey,
      value: values.pointer + key * values.stride + head.head * head.headSize,
      output: output.pointer + row * size + head.head * head.headSize,
      probabilities: probabilities.pointer + start, scratch: scratch.pointer)
  }
  let weights = AttentionWeights(
    storage: probabilities, starts: plan.starts, queries: rows, keys: memory, headCount: headCount)
  if relative == nil {
    context.captureAttention(
      queries: queries, keys: keys, headCount: headCount, mask: mask, scale: Double(scale))
  } else {
    context.captureAttention(weights)
  }
  let result = context.record(
    "attention", output, shape: shape, sequences: rows,
    inputs: [queries.tensor, keys.tensor, values.tensor] + (relative?.tensors ?? [])
  ) { flow, dy in
    flow.passAttention(
      dy, plan, probabilities, queries: queries, keys: keys, values: values,
      scores.map { ($0, relative?.tensors ?? []) })
  }
  return (result, weights)
}

/// Which heads of which sequences there are, and where their probabilities lie.
private struct AttentionPlan {
  let queries: Sequences
  let keys: Sequences
  let headCount: Int
  let headSize: Int
  let mask: AttentionMask
  let scale: Float
  let draws: DropoutDraws
  let strides: (query: Int, key: Int, value: Int)
  /// The first probability of each sequence; all its heads follow.
  let starts: [Int]
  let probabilityCount: Int
  private(set) var scratchCount = 0

  init(
    queries: Sequences, keys: Sequences, headCount: Int, headSize: Int, mask: AttentionMask,
    scale: Float, draws: DropoutDraws, strides: (query: Int, key: Int, value: Int)
  ) {
    self.queries = queries
    self.keys = keys
    self.headCount = headCount
    self.headSize = headSize
    self.mask = mask
    self.scale = scale
    self.draws = draws
    self.strides = strides
    var starts: [Int] = []
    var total = 0
    for (rows, columns) in zip(queries.lengths, keys.lengths) {
      starts.append(total)
      total += headCount * rows * AttentionHead.probabilityStride(keyCount: columns)
    }
    self.starts = starts
    probabilityCount = total
    queries.rowIDs.withUnsafeBufferPointer { ids in
      guard let base = ids.baseAddress else { return }
      for index in 0..<queries.count {
        scratchCount = max(scratchCount, head(0, of: index, rowIDs: base, masked: nil).scratchCount)
      }
    }
  }

  private func head(
    _ head: Int, of sequence: Int, rowIDs: UnsafePointer<UInt32>, masked: UnsafePointer<UInt8>?
  ) -> AttentionHead {
    AttentionHead(
      queryCount: queries.lengths[sequence], keyCount: keys.lengths[sequence], headSize: headSize,
      queryStride: strides.query, keyStride: strides.key, valueStride: strides.value,
      outputStride: headCount * headSize, scale: scale,
      isCausal: mask.isCausal, masked: masked, draws: draws,
      rowIDs: rowIDs + queries.offsets[sequence], head: head)
  }

  /// Calls `body` with each head, its first query row, its first key row and the start of its
  /// probabilities.
  func forEachHead(_ body: (AttentionHead, _ row: Int, _ key: Int, _ start: Int) -> Void) {
    queries.rowIDs.withUnsafeBufferPointer { ids in
      guard let base = ids.baseAddress else { return }
      for sequence in 0..<queries.count {
        let matrix = mask.matrixBesideCausal(
          sequence: sequence, queryCount: queries.lengths[sequence],
          keyCount: keys.lengths[sequence])
        (matrix?.bytes ?? []).withUnsafeBufferPointer { bytes in
          let masked = matrix == nil ? nil : bytes.baseAddress
          let step =
            queries.lengths[sequence]
            * AttentionHead.probabilityStride(keyCount: keys.lengths[sequence])
          for index in 0..<headCount {
            body(
              head(index, of: sequence, rowIDs: base, masked: masked), queries.offsets[sequence],
              keys.offsets[sequence], starts[sequence] + index * step)
          }
        }
      }
    }
  }
}

extension Backward {
  /// Calls `body` with where the gradients of columns are to be added, one place a slice.
  ///
  /// They start at zero, because slices may share a tensor, leave columns out, or have received a
  /// gradient before. A constant's gradient goes to memory that is thrown away afterwards.
  func withGradients(
    of slices: [ColumnSlice], _ body: (_ gradients: [UnsafeMutablePointer<Float>]) -> Void
  ) {
    var discarded: [Storage] = []
    let gradients = slices.map { slice in
      var pointer: UnsafeMutablePointer<Float>?
      accumulate(into: slice.tensor.place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: slice.tensor.shape.count, value: 0) }
        pointer = gradient + slice.start
      }
      if let pointer { return pointer }
      let unused = context.allocate(slice.tensor.shape)
      discarded.append(unused)
      return unused.pointer + slice.start
    }
    withExtendedLifetime(discarded) { body(gradients) }
  }

  /// The formulas are beside the kernel, `seq_attention_backward`.
  fileprivate func passAttention(
    _ dy: Storage, _ plan: AttentionPlan, _ probabilities: Storage, queries: ColumnSlice,
    keys: ColumnSlice, values: ColumnSlice, _ relative: (scores: RelativeScores, tables: [Tensor])?
  ) {
    let scratch = context.allocate(count: plan.scratchCount)
    let size = plan.headCount * plan.headSize
    let tables = (relative?.tables ?? []).map { $0.slice(0, size: $0.shape.columns) }
    withGradients(of: [queries, keys, values] + tables) { gradients in
      plan.forEachHead { head, row, key, start in
        let column = head.head * head.headSize
        let query = queries.pointer + row * queries.stride + column
        let firstKey = keys.pointer + key * keys.stride + column
        let queryGradient = gradients[0] + row * queries.stride + column
        let keyGradient = gradients[1] + key * keys.stride + column
        Kernels.attentionBackward(
          head, query: query, key: firstKey,
          value: values.pointer + key * values.stride + column,
          probabilities: probabilities.pointer + start,
          outputGradient: dy.pointer + row * size + column,
          queryGradient: queryGradient, keyGradient: keyGradient,
          valueGradient: gradients[2] + key * values.stride + column, accumulate: true,
          scratch: scratch.pointer)
        relative?.scores.passBack(
          head.scoreGradient(in: scratch.pointer), head, query: query, key: firstKey,
          queryGradient: queryGradient, keyGradient: keyGradient, tables: Array(gradients[3...]))
      }
    }
  }
}
