internal import SeqKernels

extension Tensor {
  /// Dropout that keeps the same columns at every position of a sequence.
  ///
  /// `rate` is the probability of zeroing, 0 ..< 1; draws are keyed by the id of a sequence's first
  /// row, so that they depend neither on the batch nor on the worker.
  ///
  /// - Shapes: `[tokens, size]`, ragged.
  /// - SeeAlso: Gal & Ghahramani 2016, arXiv:1512.05287.
  public func sequenceDropout(_ rate: Double) -> Tensor {
    guard let sequences, sequences.tokenCount == rows else {
      requirementFailure("sequence dropout: \(shape), not a ragged batch with its sequences")
    }
    let draws = context.nextDropout(rate: rate)
    guard draws.dropsElements else { return self }
    return dropout(
      draws,
      rowIDs: sequences.lengths.indices.flatMap { index in
        Array(repeating: sequences.firstRowID(index), count: sequences.lengths[index])
      })
  }
}

extension Context {
  /// Factors that drop the same units of a sequence at every step; nil where nothing is dropped.
  ///
  /// For the `stateMask` of a recurrence. `rate` is the probability of zeroing, 0 ..< 1.
  ///
  /// - Shapes: returns `[sequences, columns]`.
  public func sequenceDropoutMask(_ rate: Double, sequences: Sequences, columns: Int) -> Tensor? {
    let draws = nextDropout(rate: rate)
    guard draws.dropsElements else { return nil }
    let shape: Shape = [sequences.count, columns]
    let storage = allocate(shape)
    Kernels.fill(storage.pointer, count: shape.count, value: 1)
    let ids = sequences.lengths.indices.map { sequences.firstRowID($0) }
    Kernels.dropout(
      storage.pointer, draws, rowIDs: ids, into: storage.pointer, rows: shape.rows,
      columns: columns)
    return Tensor(storage, shape: shape, sequences: nil, context: self)
  }
}

extension Sequences {
  /// The id of a sequence's first row; 0 for an empty one, which draws nothing.
  package func firstRowID(_ index: Int) -> UInt32 {
    lengths[index] > 0 ? rowIDs[offsets[index]] : 0
  }
}
