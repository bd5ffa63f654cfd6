internal import SeqKernels

extension Tensor {
  /// Draws from the distributions of rows of logits, relaxed so that a gradient flows through:
  /// `softmax((x + g) / temperature)` with Gumbel noise g.
  ///
  /// The largest weight of a row stands at a draw from `softmax(x)`; the lower the temperature, the
  /// nearer the weights are to one-hot, and the larger the gradient's variance.
  ///
  /// - Shapes: `[rows, vocabulary]` to the same.
  /// - Parameters:
  ///   - temperature: Above 0.
  ///   - key: Names the noise, which is a function of it, the row's id and the column.
  ///   - ids: Of the rows; by default those of a ragged tensor's sequences.
  ///   - excluded: Columns that cannot be drawn: their weight is 0.
  /// - Returns: Weights that sum to 1 in every row.
  /// - SeeAlso: Jang et al. 2017, arXiv:1611.01144; Maddison et al. 2017, arXiv:1611.00712.
  public func gumbelSoftmax(
    temperature: Float, key: UInt64, rowIDs ids: [UInt32]? = nil, excluding excluded: [Int32] = []
  ) -> Tensor {
    let ids = ids ?? rowIDs
    require(
      shape.rank == 2 && ids.count == rows, "Gumbel softmax: \(shape), \(ids.count) row ids")
    require(temperature > 0, "Gumbel softmax: temperature \(temperature), not above 0")
    let (rows, columns) = (rows, columns)
    let storage = context.allocate(shape)
    Kernels.addGumbel(
      pointer, key: key, rowIDs: ids, scale: 1 / temperature, into: storage.pointer, rows: rows,
      columns: columns)
    for column in excluded where 0..<columns ~= Int(column) {
      for row in 0..<rows { storage.pointer[row * columns + Int(column)] = -.infinity }
    }
    Kernels.softmax(storage.pointer, into: storage.pointer, rows: rows, columns: columns)
    let place = place
    return context.record(
      "Gumbel softmax", storage, shape: shape, sequences: sequences, inputs: [self],
      changesGradient: true
    ) { flow, dy in
      // dx = y·(dy − Σ dy·y) / temperature
      Kernels.scale(dy.pointer, by: 1 / temperature, into: dy.pointer, count: rows * columns)
      flow.accumulate(into: place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: rows * columns, value: 0) }
        Kernels.softmaxBackward(
          storage.pointer, dy: dy.pointer, into: gradient, rows: rows, columns: columns)
      }
    }
  }

  /// One-hot rows, 1 where the weight is largest, with the gradient of the weights themselves: the
  /// straight-through estimator.
  ///
  /// The step back is that of the identity, which is not this function's derivative: that is zero
  /// almost everywhere.
  ///
  /// - SeeAlso: Bengio et al. 2013, arXiv:1308.3432.
  public func straightThrough() -> Tensor {
    let (rows, columns) = (rows, columns)
    let storage = context.allocate(shape)
    Kernels.fill(storage.pointer, count: rows * columns, value: 0)
    for row in 0..<rows {
      let weights = UnsafeBufferPointer(start: pointer + row * columns, count: columns)
      // Of equal ones the first; of rows that are no numbers, the first column.
      let largest = weights.indices.max {
        weights[$0] < weights[$1] || (weights[$0] == weights[$1] && $0 > $1)
      }
      storage.pointer[row * columns + (largest ?? 0)] = 1
    }
    let place = place
    return context.record(
      "straight-through", storage, shape: shape, sequences: sequences, inputs: [self]
    ) { flow, dy in
      // dx = dy
      flow.pass(dy, to: place)
    }
  }
}
