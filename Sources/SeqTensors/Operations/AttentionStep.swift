internal import SeqKernels

extension Context {
  /// Multi-head attention of single rows to keys that lie anywhere: one step of decoding.
  ///
  /// For every row `collectKeys` appends the addresses of the keys that it sees; a key's value lies
  /// `valueOffset` floats further. With `relative` the keys of a row are those of all positions up to its
  /// own.
  ///
  /// - Shapes: `queries` `[rows, size]`, returns `[rows, size]`.
  /// - Precondition: Inference; nothing is recorded. The head count divides the size.
  public func attentionStep(
    queries: ColumnSlice, headCount: Int, valueOffset: Int, relative: RelativePositions? = nil,
    collectKeys: (_ row: Int, _ keys: inout [UnsafePointer<Float>?]) -> Void
  ) -> Tensor {
    require(!isTraining, "attention step: the context is in training mode, not in inference")
    require(
      headCount > 0 && queries.size % headCount == 0,
      "attention step: size \(queries.size), \(headCount) heads do not divide it")
    let shape: Shape = [queries.tensor.shape.rows, queries.size]
    let output = allocate(shape)
    let step = StepAttention(
      queries: queries, headCount: headCount, valueOffset: valueOffset, relative: relative,
      output: output)
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
  let relative: RelativePositions?
  let output: Storage

  /// Attends, and shows the weights `[headCount, keys]` of each row while they exist.
  func run(
    rows: Range<Int>, _ collectKeys: (_ row: Int, _ keys: inout [UnsafePointer<Float>?]) -> Void,
    _ show: (_ weights: UnsafePointer<Float>, _ keyCount: Int) -> Void
  ) {
    let headSize = queries.size / headCount
    var keys: [UnsafePointer<Float>?] = []
    var weights: [Float] = []
    var bias: [Float] = []
    let scale = relative?.scale ?? 1 / Float(headSize).squareRoot()
    for row in rows {
      keys.removeAll(keepingCapacity: true)
      collectKeys(row, &keys)
      let needed = max(1, keys.count * headCount)
      if needed > weights.count { weights = Array(repeating: 0, count: 2 * needed) }
      let query = queries.pointer + row * queries.stride
      if let relative {
        bias = relative.stepBias(
          query: query, keys: keys, headCount: headCount, headSize: headSize, scale: scale)
      }
      weights.withUnsafeMutableBufferPointer { weights in
        guard let weights = weights.baseAddress else { return }
        bias.withUnsafeBufferPointer { bias in
          Kernels.attentionStep(
            query: query, keys: keys, keyCount: keys.count, valueOffset: valueOffset,
            headCount: headCount, headSize: headSize, scale: scale,
            bias: relative == nil ? nil : bias.baseAddress,
            output: output.pointer + row * queries.size, weights: weights)
        }
        show(weights, keys.count)
      }
    }
  }
}

extension RelativePositions {
  /// What is added to the scores of one row, `[heads, keys]`; its own key is the last.
  fileprivate func stepBias(
    query: UnsafePointer<Float>, keys: [UnsafePointer<Float>?], headCount: Int, headSize: Int,
    scale: Float
  ) -> [Float] {
    var bias = [Float](repeating: 0, count: headCount * keys.count)
    let distances = (1 - keys.count)...0
    func add(_ table: Tensor, _ buckets: DistanceBuckets, isByKey: Bool) {
      let buckets = distances.map { Int32(buckets.bucket(of: $0)) }
      keys.withUnsafeBufferPointer { keys in
        Kernels.addRelativeStep(
          query: query, keys: isByKey ? keys.baseAddress : nil, keyCount: keys.count,
          table: table.pointer, stride: table.shape.columns,
          isShared: table.shape.columns == headSize, buckets: buckets, headCount: headCount,
          headSize: headSize, scale: scale, to: &bias)
      }
    }
    for term in terms {
      switch term {
      case .slopes(let slopes):
        for (head, slope) in slopes.enumerated() {
          for (index, distance) in distances.enumerated() {
            bias[head * keys.count + index] -= slope * Float(abs(distance))
          }
        }
      case .biases(let table, let buckets):
        for (index, distance) in distances.enumerated() {
          let row = table.pointer + buckets.bucket(of: distance) * headCount
          for head in 0..<headCount { bias[head * keys.count + index] += row[head] }
        }
      case .queryProducts(let table, let buckets): add(table, buckets, isByKey: false)
      case .keyProducts(let table, let buckets): add(table, buckets, isByKey: true)
      }
    }
    return bias
  }
}
