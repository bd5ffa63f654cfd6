internal import SeqKernels

/// Multi-head attention of every sequence to itself within a sliding window, one fused operation.
///
/// The numbers are those of `attention` with ``AttentionWindow/mask``, for work and memory that grow
/// with the length alone: queries are cut into blocks, each of which is computed against the keys in
/// its reach and the global ones. Draws of dropout are others. `scale` is 1/√headSize where nothing
/// else is said.
///
/// - Shapes: `queries`, `keys` and `values` `[tokens, size]` of the same sequences, returns
///   `[tokens, size]`; heads lie side by side in the columns.
/// - Precondition: The head count divides the size.
/// - SeeAlso: Beltagy et al. 2020, arXiv:2004.05150, §3.1.
public func windowAttention(
  queries: ColumnSlice, keys: ColumnSlice, values: ColumnSlice, headCount: Int,
  window: AttentionWindow, scale: Float? = nil, dropout rate: Double = 0
) -> Tensor {
  guard let sequences = queries.tensor.sequences else {
    requirementFailure("window attention: queries must be ragged, with their sequences")
  }
  let size = queries.size
  require(
    keys.size == size && values.size == size,
    "window attention: sizes \(size), \(keys.size) and \(values.size) of queries, keys and values "
      + "differ")
  require(
    headCount > 0 && size % headCount == 0,
    "window attention: size \(size), \(headCount) heads do not divide it")
  for slice in [queries, keys, values] {
    let own = slice.tensor.sequences
    require(
      own === sequences || own?.lengths == sequences.lengths,
      "window attention: queries, keys and values are not of the same sequences")
    require(
      slice.tensor.shape.rank == 2 && slice.tensor.rows == sequences.tokenCount,
      "window attention: \(slice.tensor.shape) and sequences of \(sequences.tokenCount) tokens")
  }
  let context = queries.tensor.context
  let shape: Shape = [sequences.tokenCount, size]
  let output = context.allocate(shape)
  let plan = WindowPlan(
    sequences, window, queries: queries, keys: keys, values: values, headCount: headCount,
    scale: scale ?? 1 / Float(size / headCount).squareRoot(), draws: context.nextDropout(rate: rate)
  )
  let probabilities = context.allocate(count: plan.probabilityCount)
  plan.forEachHead(in: context) { head, places, scratch in
    Kernels.attention(
      head, query: places.query, key: places.key, value: places.value,
      output: output.pointer + places.row * size + places.column,
      probabilities: probabilities.pointer + places.start, scratch: scratch)
  }
  context.captureAttention(plan, probabilities)
  return context.record(
    "window attention", output, shape: shape, sequences: sequences,
    inputs: [queries.tensor, keys.tensor, values.tensor]
  ) { flow, dy in
    flow.passWindowAttention(dy, plan, probabilities)
  }
}

/// Which blocks of which sequences there are, and where their probabilities lie.
private struct WindowPlan {
  /// Where one head of one block reads and writes.
  struct Places {
    /// The block's first row in the batch.
    let row: Int
    /// The head's first column.
    let column: Int
    let query: UnsafeMutablePointer<Float>
    /// Where the keys lie, or where those that lie apart were put together.
    let key: UnsafeMutablePointer<Float>
    let value: UnsafeMutablePointer<Float>
    /// The batch's rows of all keys of the block; nil where keys were not put together.
    let gathered: [Int]?
    /// The batch's row of the first key.
    let firstKeyRow: Int
    /// The first probability.
    let start: Int
  }

  /// What tells apart the masks of blocks.
  private struct Form: Hashable {
    let queryCount: Int
    let farKeyCount: Int
    let spanCount: Int
    /// From the first query to the first key of the span.
    let distance: Int
    /// Global keys at the beginning of the span.
    let nearKeyCount: Int
  }

  let sequences: Sequences
  let window: AttentionWindow
  let queries: ColumnSlice
  let keys: ColumnSlice
  let values: ColumnSlice
  let headCount: Int
  let headSize: Int
  let scale: Float
  let draws: DropoutDraws
  /// The blocks of each sequence.
  let blocks: [[WindowBlock]]
  /// The first probability of each sequence.
  let starts: [Int]
  let probabilityCount: Int

  init(
    _ sequences: Sequences, _ window: AttentionWindow, queries: ColumnSlice, keys: ColumnSlice,
    values: ColumnSlice, headCount: Int, scale: Float, draws: DropoutDraws
  ) {
    self.sequences = sequences
    self.window = window
    self.scale = scale
    self.queries = queries
    self.keys = keys
    self.values = values
    self.headCount = headCount
    headSize = queries.size / headCount
    self.draws = draws
    var known: [Int: (blocks: [WindowBlock], probabilityCount: Int)] = [:]
    var (blocks, starts, total): ([[WindowBlock]], [Int], Int) = ([], [], 0)
    for length in sequences.lengths {
      let found = known[length] ?? window.blocks(length: length, headCount: headCount)
      known[length] = found
      blocks.append(found.blocks)
      starts.append(total)
      total += found.probabilityCount
    }
    self.blocks = blocks
    self.starts = starts
    probabilityCount = total
  }

  private func form(of block: WindowBlock) -> Form {
    Form(
      queryCount: block.queries.count, farKeyCount: block.farKeyCount,
      spanCount: block.span.count, distance: block.span.lowerBound - block.queries.lowerBound,
      nearKeyCount: max(0, min(window.globalCount, block.span.upperBound) - block.span.lowerBound))
  }

  /// What is hidden in a block, `[queries, keys]`; nil for nothing.
  private func mask(of block: WindowBlock) -> [UInt8]? {
    var hidesAny = false
    var bytes: [UInt8] = []
    bytes.reserveCapacity(block.queries.count * block.keyCount)
    for query in block.queries {
      for key in 0..<block.keyCount {
        let isHidden = !window.shows(query: query, key: block.position(ofKey: key))
        hidesAny = hidesAny || isHidden
        bytes.append(isHidden ? 1 : 0)
      }
    }
    return hidesAny ? bytes : nil
  }

  /// Calls `body` with each head of each block, where it lies, and scratch memory for its kernel;
  /// keys and values that lie apart have been put together.
  func forEachHead(
    in context: Context,
    _ body: (AttentionHead, Places, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    sequences.rowIDs.withUnsafeBufferPointer { ids in
      guard let ids = ids.baseAddress else { return }
      let most = blocks.joined().reduce((scratch: 0, keys: 0)) { most, block in
        let head = head(0, block, masked: nil, rowIDs: ids)
        return (
          max(most.scratch, head.scratchCount),
          block.farKeyCount == 0 ? most.keys : max(most.keys, block.keyCount)
        )
      }
      let scratch = context.allocate(count: most.scratch)
      let gathered = context.allocate(count: 2 * most.keys * headSize)
      // A mask for every block of a long text would take more time than its attention.
      var masks: [Form: [UInt8]?] = [:]
      for sequence in blocks.indices {
        for block in blocks[sequence] {
          let form = form(of: block)
          let mask = masks[form] ?? mask(of: block)
          masks[form] = mask
          (mask ?? []).withUnsafeBufferPointer { bytes in
            let rowIDs = ids + sequences.offsets[sequence] + block.queries.lowerBound
            for index in 0..<headCount {
              let head = head(
                index, block, masked: mask == nil ? nil : bytes.baseAddress, rowIDs: rowIDs)
              body(head, places(of: block, sequence, head: index, gathered), scratch.pointer)
            }
          }
        }
      }
    }
  }

  private func head(
    _ head: Int, _ block: WindowBlock, masked: UnsafePointer<UInt8>?, rowIDs: UnsafePointer<UInt32>
  ) -> AttentionHead {
    let isGathered = block.farKeyCount > 0
    return AttentionHead(
      queryCount: block.queries.count, keyCount: block.keyCount, headSize: headSize,
      queryStride: queries.stride, keyStride: isGathered ? headSize : keys.stride,
      valueStride: isGathered ? headSize : values.stride, outputStride: headCount * headSize,
      scale: scale, isCausal: false, masked: masked, draws: draws,
      rowIDs: rowIDs, head: head)
  }

  private func places(
    of block: WindowBlock, _ sequence: Int, head: Int, _ gathered: Storage
  ) -> Places {
    let (column, offset) = (head * headSize, sequences.offsets[sequence])
    let row = offset + block.queries.lowerBound
    let firstKeyRow = offset + block.span.lowerBound
    let step = block.queries.count * AttentionHead.probabilityStride(keyCount: block.keyCount)
    let start = starts[sequence] + block.start + head * step
    let query = queries.pointer + row * queries.stride + column
    guard block.farKeyCount > 0 else {
      return Places(
        row: row, column: column, query: query,
        key: keys.pointer + firstKeyRow * keys.stride + column,
        value: values.pointer + firstKeyRow * values.stride + column, gathered: nil,
        firstKeyRow: firstKeyRow, start: start)
    }
    let rows = (0..<block.keyCount).map { offset + block.position(ofKey: $0) }
    let key = gathered.pointer
    let value = gathered.pointer + block.keyCount * headSize
    for (index, row) in rows.enumerated() {
      (key + index * headSize).update(
        from: keys.pointer + row * keys.stride + column, count: headSize)
      (value + index * headSize).update(
        from: values.pointer + row * values.stride + column, count: headSize)
    }
    return Places(
      row: row, column: column, query: query, key: key, value: value, gathered: rows,
      firstKeyRow: firstKeyRow, start: start)
  }

  /// The largest number of keys that are put together.
  var gatheredCount: Int {
    blocks.joined().reduce(0) { $1.farKeyCount == 0 ? $0 : max($0, $1.keyCount) }
  }
}

extension Backward {
  /// The formulas are beside the kernel, `seq_attention_backward`.
  fileprivate func passWindowAttention(
    _ dy: Storage, _ plan: WindowPlan, _ probabilities: Storage
  ) {
    let (headSize, size) = (plan.headSize, plan.headCount * plan.headSize)
    let (keys, values) = (plan.keys, plan.values)
    let apart = context.allocate(count: 2 * plan.gatheredCount * headSize)
    withGradients(of: [plan.queries, keys, values]) { gradients in
      plan.forEachHead(in: context) { head, places, scratch in
        func pass(
          key: UnsafeMutablePointer<Float>, value: UnsafeMutablePointer<Float>
        ) {
          Kernels.attentionBackward(
            head, query: places.query, key: places.key, value: places.value,
            probabilities: probabilities.pointer + places.start,
            outputGradient: dy.pointer + places.row * size + places.column,
            queryGradient: gradients[0] + places.row * plan.queries.stride + places.column,
            keyGradient: key, valueGradient: value, accumulate: true, scratch: scratch)
        }
        guard let rows = places.gathered else {
          pass(
            key: gradients[1] + places.firstKeyRow * keys.stride + places.column,
            value: gradients[2] + places.firstKeyRow * values.stride + places.column)
          return
        }
        // Gradients of keys that were put together go back to where these lie.
        Kernels.fill(apart.pointer, count: 2 * rows.count * headSize, value: 0)
        let (key, value) = (apart.pointer, apart.pointer + rows.count * headSize)
        pass(key: key, value: value)
        for (index, row) in rows.enumerated() {
          Kernels.accumulate(
            key + index * headSize, into: gradients[1] + row * keys.stride + places.column,
            count: headSize)
          Kernels.accumulate(
            value + index * headSize, into: gradients[2] + row * values.stride + places.column,
            count: headSize)
        }
      }
    }
  }
}

extension Context {
  /// Keeps the weights of a window attention if anybody asked for them, zero where it does not show.
  fileprivate func captureAttention(_ plan: WindowPlan, _ probabilities: Storage) {
    guard capturedAttention != nil else { return }
    let maps = plan.blocks.indices.map { sequence in
      let length = plan.sequences.lengths[sequence]
      var weights = [Float](repeating: 0, count: plan.headCount * length * length)
      for block in plan.blocks[sequence] {
        let stride = AttentionHead.probabilityStride(keyCount: block.keyCount)
        for head in 0..<plan.headCount {
          for (row, query) in block.queries.enumerated() {
            let start =
              plan.starts[sequence] + block.start + (head * block.queries.count + row) * stride
            for key in 0..<block.keyCount {
              weights[(head * length + query) * length + block.position(ofKey: key)] =
                probabilities.pointer[start + key]
            }
          }
        }
      }
      return AttentionMap(
        headCount: plan.headCount, queryCount: length, keyCount: length, weights: weights)
    }
    capturedAttention?.append(maps)
  }
}
