internal import SeqKernels

extension Context {
  /// Multi-head attention of single rows to keys that lie anywhere: one step of decoding.
  ///
  /// For every row `collectKeys` appends the addresses of the keys that it sees; a key's value lies
  /// `valueOffset` floats further.
  ///
  /// - Shapes: `queries` `[rows, size]`, returns `[rows, size]`.
  /// - Precondition: Inference; nothing is recorded. The head count divides the size.
  public func attentionStep(
    queries: ColumnSlice, headCount: Int, valueOffset: Int,
    collectKeys: (_ row: Int, _ keys: inout [UnsafePointer<Float>?]) -> Void
  ) -> Tensor {
    require(!isTraining, "attention step: the context is in training mode, not in inference")
    require(
      headCount > 0 && queries.size % headCount == 0,
      "attention step: size \(queries.size), \(headCount) heads do not divide it")
    let shape: Shape = [queries.tensor.shape.rows, queries.size]
    let output = allocate(shape)
    let step = StepAttention(
      queries: queries, headCount: headCount, valueOffset: valueOffset, output: output)
    if capturedAttention != nil {
      var maps: [AttentionMap] = []
      step.run(rows: 0..<shape.rows, collectKeys) { weights, keyCount in
        maps.append(
          AttentionMap(
            headCount: headCount, queryCount: 1, keyCount: keyCount,
            weights: Array(UnsafeBufferPointer(start: weights, count: headCount * keyCount))))
      }
      capturedAttention?.append(maps)
    } else {
      let parts = min(team?.count ?? 1, shape.rows)
      (team ?? .alone).run(parts: parts) { part in
        let rows = (shape.rows * part / parts)..<(shape.rows * (part + 1) / parts)
        step.run(rows: rows, collectKeys) { _, _ in }
      }
    }
    return Tensor(output, shape: shape, sequences: nil, context: self)
  }
}

/// The attention of some rows, each over its own keys.
private struct StepAttention {
  let queries: ColumnSlice
  let headCount: Int
  let valueOffset: Int
  let output: Storage

  /// Attends, and shows the weights `[headCount, keys]` of each row while they exist.
  func run(
    rows: Range<Int>, _ collectKeys: (_ row: Int, _ keys: inout [UnsafePointer<Float>?]) -> Void,
    _ show: (_ weights: UnsafePointer<Float>, _ keyCount: Int) -> Void
  ) {
    let headSize = queries.size / headCount
    var keys: [UnsafePointer<Float>?] = []
    var weights: [Float] = []
    for row in rows {
      keys.removeAll(keepingCapacity: true)
      collectKeys(row, &keys)
      let needed = max(1, keys.count * headCount)
      if needed > weights.count { weights = Array(repeating: 0, count: 2 * needed) }
      weights.withUnsafeMutableBufferPointer { weights in
        guard let weights = weights.baseAddress else { return }
        Kernels.attentionStep(
          query: queries.pointer + row * queries.stride, keys: keys, keyCount: keys.count,
          valueOffset: valueOffset, headCount: headCount, headSize: headSize,
          scale: 1 / Float(headSize).squareRoot(), output: output.pointer + row * queries.size,
          weights: weights)
        show(weights, keys.count)
      }
    }
  }
}
