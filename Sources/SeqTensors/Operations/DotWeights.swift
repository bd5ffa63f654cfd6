internal import SeqKernels

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The weights of dot-product attention, one head, which gradients flow through:
/// `softmax(Q Kᵀ · scale)` for every pair of a query and a key.
///
/// ``attention(queries:keys:values:headCount:mask:scale:relative:dropout:)`` gives weights for looking
/// at alone. The i-th sequence of the queries attends to the i-th of the keys.
///
/// - Shapes: `queries` `[query tokens, size]`, `keys` `[key tokens, size]`, both ragged.
public func dotWeights(queries: ColumnSlice, keys: ColumnSlice, scale: Float) -> SourceWeights {
  guard let rows = queries.tensor.sequences, let memory = keys.tensor.sequences else {
    requirementFailure("dot weights: queries and keys must be ragged, with their sequences")
  }
  let size = queries.size
  require(
    keys.size == size && rows.count == memory.count,
    "dot weights: sizes \(size) and \(keys.size), \(rows.count) and \(memory.count) sequences of "
      + "queries and keys")
  let context = queries.tensor.context
  let count = SourceWeights.count(queries: rows, keys: memory)
  let storage = context.allocate(count: count)
  /// The sequences that have weights: the first query and key, how many, the first weight.
  func forEach(
    _ body: (
      _ query: Int, _ key: Int, _ queryCount: Int, _ keyCount: Int, _ start: Int
    ) -> Void
  ) {
    SourceWeights.forEachSequence(queries: rows, keys: memory) { sequence, start in
      let (queryCount, keyCount) = (rows.lengths[sequence], memory.lengths[sequence])
      guard queryCount * keyCount > 0 else { return }
      body(
        rows.offsets[sequence] * queries.stride, memory.offsets[sequence] * keys.stride,
        queryCount, keyCount, start)
    }
  }
  forEach { query, key, queryCount, keyCount, start in
    let scores = storage.pointer + start
    MatrixProduct.multiply(
      queries.pointer + query, stride: queries.stride, by: keys.pointer + key,
      stride: keys.stride, rightTransposed: true, into: scores, stride: keyCount,
      rows: queryCount, columns: keyCount, inner: size)
    Kernels.scale(scores, by: scale, into: scores, count: queryCount * keyCount)
    Kernels.softmax(scores, into: scores, rows: queryCount, columns: keyCount)
  }
  let weights = context.record(
    "dot weights", storage, shape: [count], sequences: nil, inputs: [queries.tensor, keys.tensor]
  ) { flow, dy in
    // dS = A∘(dA − Σ dA∘A)·scale,  dQ = dS K,  dK = dSᵀ Q
    let scores = flow.context.allocate(count: count)
    Kernels.fill(scores.pointer, count: count, value: 0)
    flow.withGradients(of: [queries, keys]) { gradients in
      forEach { query, key, queryCount, keyCount, start in
        let back = scores.pointer + start
        Kernels.softmaxBackward(
          storage.pointer + start, dy: dy.pointer + start, into: back, rows: queryCount,
          columns: keyCount)
        Kernels.scale(back, by: scale, into: back, count: queryCount * keyCount)
        MatrixProduct.multiply(
          back, stride: keyCount, by: keys.pointer + key, stride: keys.stride,
          into: gradients[0] + query, stride: queries.stride, rows: queryCount, columns: size,
          inner: keyCount, beta: 1)
        MatrixProduct.multiply(
          back, stride: keyCount, leftTransposed: true, by: queries.pointer + query,
          stride: queries.stride, into: gradients[1] + key, stride: keys.stride, rows: keyCount,
          columns: size, inner: queryCount, beta: 1)
      }
    }
  }
  return SourceWeights(weights, queries: rows, keys: memory)
}

extension SourceWeights {
  /// How far the weights are from given ones: the cross-entropy `−Σ log weight / n` of every query
  /// that should attend to n keys, the same share to each; a query that should attend to none costs
  /// nothing.
  ///
  /// - Parameters:
  ///   - keys: for every query the keys it should attend to, counted in its sequence.
  ///   - scale: Multiplies the loss.
  /// - Returns: The scaled loss, a scalar; the unscaled one; and how many queries it is of.
  /// - SeeAlso: Garg et al. 2019, arXiv:1909.02074, equation 5.
  public func alignmentLoss(
    _ keys: [[Int]], scale: Float = 1
  ) -> (loss: Tensor, sum: Double, count: Int) {
    require(
      keys.count == queries.tokenCount,
      "alignment loss: keys for \(keys.count) queries, not \(queries.tokenCount)")
    var places: [(index: Int, share: Float)] = []
    var sum = 0.0
    Self.forEachSequence(queries: queries, keys: self.keys) { sequence, start in
      let keyCount = self.keys.lengths[sequence]
      for query in 0..<queries.lengths[sequence] {
        let wanted = keys[queries.offsets[sequence] + query]
        require(
          wanted.allSatisfy { 0..<keyCount ~= $0 },
          "alignment loss: keys \(wanted) of \(keyCount)")
        for key in wanted {
          places.append((start + query * keyCount + key, 1 / Float(wanted.count)))
        }
      }
    }
    /// A weight that vanished costs much and not infinitely much.
    func weight(_ index: Int) -> Float { max(tensor.pointer[index], .leastNormalMagnitude) }
    for (index, share) in places { sum -= Double(share) * log(Double(weight(index))) }
    let storage = tensor.context.allocate(.scalar)
    storage.pointer[0] = scale * Float(sum)
    let place = tensor.place
    let loss = tensor.context.record(
      "alignment loss", storage, shape: .scalar, sequences: nil, inputs: [tensor]
    ) { [places] flow, dy in
      flow.accumulate(into: place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: place.shape.count, value: 0) }
        for (index, share) in places {
          gradient[index] -= dy.pointer[0] * scale * share / weight(index)
        }
      }
    }
    return (loss, sum, keys.count { !$0.isEmpty })
  }
}
