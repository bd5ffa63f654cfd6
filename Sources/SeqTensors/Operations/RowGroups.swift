internal import SeqKernels

extension Tensor {
  /// Every `count` neighbouring rows of a sequence side by side in one: what a convolution multiplies
  /// whose step is as long as its kernel.
  ///
  /// The last group of a sequence may be short; zeros stand for what it lacks, never rows of the next
  /// sequence. A group draws dropout by the id of a row of its own sequence.
  ///
  /// - Shapes: `[tokens, size]` → `[groups, count · size]`, ragged both.
  /// - Precondition: A ragged tensor, and at least one row a group.
  public func rowGroups(of count: Int) -> Tensor {
    guard let sequences, shape.rank == 2 else {
      requirementFailure("row groups: \(shape), not ragged with its sequences")
    }
    require(count > 0, "row groups: \(count) rows a group, not at least one")
    let groups = Sequences(
      lengths: sequences.lengths.map { ($0 + count - 1) / count },
      firstRowIDs: sequences.firstRowIDs)
    let columns = columns
    let result: Shape = [groups.tokenCount, count * columns]
    let storage = context.allocate(result)
    // A sequence's groups, end to end, are its rows, end to end, and zeros.
    for index in 0..<sequences.count {
      let filled = sequences.lengths[index] * columns
      let start = storage.pointer + groups.offsets[index] * count * columns
      start.update(from: pointer + sequences.offsets[index] * columns, count: filled)
      Kernels.fill(
        start + filled, count: groups.lengths[index] * count * columns - filled, value: 0)
    }
    let place = place
    return context.record(
      "row groups", storage, shape: result, sequences: groups, inputs: [self]
    ) { flow, dy in
      flow.accumulate(into: place) { gradient, accumulate in
        for index in 0..<sequences.count {
          let taken = dy.pointer + groups.offsets[index] * count * columns
          let target = gradient + sequences.offsets[index] * columns
          let filled = sequences.lengths[index] * columns
          if accumulate {
            Kernels.accumulate(taken, into: target, count: filled)
          } else {
            target.update(from: taken, count: filled)
          }
        }
      }
    }
  }

  /// All rows of a matrix once for every sequence, end to end: `[rows, size]` →
  /// `[sequences · rows, size]`, ragged.
  ///
  /// Rows of a sequence draw dropout by ids that depend on its own alone.
  ///
  /// - Precondition: A matrix.
  public func repeatedRows(forEach sequences: Sequences) -> Tensor {
    require(shape.rank == 2, "repeated rows: \(shape), not a matrix")
    let rows = rows
    let repeated = Sequences(
      lengths: Array(repeating: rows, count: sequences.count),
      // A sequence may have fewer rows than this matrix: far apart, its ids and the next one's do not
      // overlap. The factor is 2³² over the golden ratio, an odd number.
      firstRowIDs: sequences.firstRowIDs.map { $0 &* 0x9e37_79b1 })
    let indices = (0..<sequences.count).flatMap { _ in 0..<rows }
    return gatheredRows(indices, sequences: repeated)
  }
}

extension Sequences {
  /// The id of each sequence's first row; for one without rows, of which there is none, the largest.
  package var firstRowIDs: [UInt32] {
    lengths.indices.map { lengths[$0] == 0 ? .max : rowIDs[offsets[$0]] }
  }
}
