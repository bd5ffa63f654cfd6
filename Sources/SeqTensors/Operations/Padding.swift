internal import SeqKernels

// The border between padded tensors, [batch, length, size], and the ragged ones that everything
// inside computes with, [tokens, size].

extension Tensor {
  /// The rows that are no padding, laid end to end: `[batch, length, size]` → `[tokens, size]`.
  ///
  /// What stands in the padding, numbers or not, has no effect on anything.
  ///
  /// - Precondition: Three axes, and for every sequence a length that fits.
  public func ragged(lengths: [Int]) -> Tensor {
    require(shape.rank == 3, "ragged: \(shape), not [batch, length, size]")
    let (batch, length, size) = (shape[0], shape[1], shape[2])
    require(
      lengths.count == batch && lengths.allSatisfy { 0...length ~= $0 },
      "ragged: \(shape), lengths \(lengths)")
    let sequences = Sequences(lengths: lengths)
    let layout = PaddedLayout(sequences, length: length, size: size)
    let result: Shape = [sequences.tokenCount, size]
    let storage = context.allocate(result)
    layout.gather(pointer, into: storage.pointer)
    let place = self.place
    return context.record(
      "ragged", storage, shape: result, sequences: sequences, inputs: [self]
    ) { flow, dy in
      // Padding gets no gradient.
      let dx = flow.context.allocate(place.shape)
      layout.scatter(dy.pointer, into: dx.pointer)
      flow.pass(dx, to: place)
    }
  }

  /// The sequences side by side, zeros behind them: `[tokens, size]` → `[batch, length, size]`.
  ///
  /// The length is by default that of the longest.
  ///
  /// - Precondition: A ragged tensor, no sequence of which is longer than the length.
  public func padded(to length: Int? = nil) -> Tensor {
    guard let sequences else { requirementFailure("padded: \(shape), without sequences") }
    let length = length ?? sequences.lengths.max() ?? 0
    require(
      sequences.lengths.allSatisfy { $0 <= length },
      "padded: length \(length), sequences of \(sequences.lengths) tokens")
    let layout = PaddedLayout(sequences, length: length, size: columns)
    let result: Shape = [sequences.count, length, columns]
    let storage = context.allocate(result)
    layout.scatter(pointer, into: storage.pointer)
    let place = self.place
    return context.record(
      "padded", storage, shape: result, sequences: nil, inputs: [self]
    ) { flow, dy in
      let dx = flow.context.allocate(place.shape)
      layout.gather(dy.pointer, into: dx.pointer)
      flow.pass(dx, to: place)
    }
  }

  /// The same numbers under a shape of as many rows.
  fileprivate func viewed(as shape: Shape, sequences: Sequences?) -> Tensor {
    Tensor(storage, shape: shape, sequences: sequences, context: context, slot: slot)
  }
}

/// Where the tokens of sequences lie in a padded tensor.
private struct PaddedLayout {
  let sequences: Sequences
  let length: Int
  let size: Int

  init(_ sequences: Sequences, length: Int, size: Int) {
    self.sequences = sequences
    self.length = length
    self.size = size
  }

  func gather(_ padded: UnsafePointer<Float>, into ragged: UnsafeMutablePointer<Float>) {
    for index in 0..<sequences.count {
      (ragged + sequences.offsets[index] * size).update(
        from: padded + index * length * size, count: sequences.lengths[index] * size)
    }
  }

  func scatter(_ ragged: UnsafePointer<Float>, into padded: UnsafeMutablePointer<Float>) {
    for index in 0..<sequences.count {
      let start = padded + index * length * size
      let count = sequences.lengths[index] * size
      start.update(from: ragged + sequences.offsets[index] * size, count: count)
      (start + count).update(repeating: 0, count: length * size - count)
    }
  }
}

/// Multi-head attention over padded tensors, for those who bring them: `softmax(Q Kᵀ / √headSize) V`
/// where the mask allows.
///
/// Padding among the keys must be masked, with ``AttentionMask/padding(lengths:)`` for example; what
/// comes out for queries that are padding is of no use. The ragged operation of the same name gives
/// the same numbers for less work.
///
/// - Shapes: `queries` `[batch, queries, size]`, `keys` and `values` `[batch, keys, size]`, returns
///   `[batch, queries, size]`; heads lie side by side in the columns.
/// - Precondition: The head count divides the size; the mask fits.
public func attention(
  queries: Tensor, keys: Tensor, values: Tensor, headCount: Int, mask: AttentionMask
) -> Tensor {
  require(
    queries.shape.rank == 3 && keys.shape.rank == 3 && queries.shape[0] == keys.shape[0]
      && queries.shape[2] == keys.shape[2] && values.shape == keys.shape,
    "attention: padded queries \(queries.shape), keys \(keys.shape), values \(values.shape)")
  let (batch, size) = (queries.shape[0], queries.shape[2])
  func view(_ tensor: Tensor, _ sequences: Sequences) -> ColumnSlice {
    tensor.viewed(as: [sequences.tokenCount, size], sequences: sequences).slice(0, size: size)
  }
  let rows = Sequences(lengths: Array(repeating: queries.shape[1], count: batch))
  let memory = Sequences(lengths: Array(repeating: keys.shape[1], count: batch))
  let output = attention(
    queries: view(queries, rows), keys: view(keys, memory), values: view(values, memory),
    headCount: headCount, mask: mask
  ).output
  return output.viewed(as: queries.shape, sequences: nil)
}
