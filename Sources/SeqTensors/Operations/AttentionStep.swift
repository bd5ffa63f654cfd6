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
    let headSize = queries.size / headCount
    var keys: [UnsafePointer<Float>?] = []
    var weights = allocate(count: 64 * headCount)
    var capacity = 64
    var maps: [AttentionMap] = []
    for row in 0..<shape.rows {
      keys.removeAll(keepingCapacity: true)
      collectKeys(row, &keys)
      if keys.count > capacity {
        capacity = 2 * keys.count
        weights = allocate(count: capacity * headCount)
      }
      Kernels.attentionStep(
        query: queries.pointer + row * queries.stride, keys: keys, keyCount: keys.count,
        valueOffset: valueOffset, headCount: headCount, headSize: headSize,
        scale: 1 / Float(headSize).squareRoot(), output: output.pointer + row * queries.size,
        weights: weights.pointer)
      if capturedAttention != nil {
        maps.append(
          AttentionMap(
            headCount: headCount, queryCount: 1, keyCount: keys.count,
            weights: Array(
              UnsafeBufferPointer(start: weights.pointer, count: headCount * keys.count))))
      }
    }
    capturedAttention?.append(maps)
    return Tensor(output, shape: shape, sequences: nil, context: self)
  }
}
