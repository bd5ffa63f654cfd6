internal import SeqKernels

// Rows of a matrix taken, reordered, joined and averaged: what the steps of a recurrent decoder are
// made of.

extension Tensor {
  /// The same rows, divided into other sequences.
  ///
  /// - Precondition: The sequences have as many rows.
  public func divided(into sequences: Sequences?) -> Tensor {
    require(
      sequences.map { $0.tokenCount == rows } ?? true,
      "division: \(shape) and sequences of \(sequences?.tokenCount ?? 0) tokens")
    return Tensor(storage, shape: shape, sequences: sequences, context: context, slot: slot)
  }

  /// Consecutive rows, `[count, size]`.
  ///
  /// In training nothing is copied.
  ///
  /// - Precondition: The rows exist.
  public func rows(_ range: Range<Int>, sequences: Sequences? = nil) -> Tensor {
    require(
      shape.rank == 2 && range.lowerBound >= 0 && range.upperBound <= rows,
      "rows: \(shape), rows \(range) are not all there")
    let columns = columns
    let result: Shape = [range.count, columns]
    let first = pointer + range.lowerBound * columns
    let taken: Storage
    if context.isTraining {
      taken = Storage(first, ownedBy: storage)
    } else {
      // Packed products read whole blocks of rows, more than a part of another tensor may have.
      taken = context.allocate(result)
      taken.pointer.update(from: first, count: result.count)
    }
    let place = place
    return context.record(
      "rows", taken, shape: result, sequences: sequences, inputs: [self]
    ) { flow, dy in
      flow.accumulate(into: place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: place.shape.count, value: 0) }
        Kernels.accumulate(
          dy.pointer, into: gradient + range.lowerBound * columns, count: result.count)
      }
    }
  }

  /// Row `indices[i]` as row i; a row may be taken several times or not at all.
  ///
  /// - Precondition: The rows exist.
  public func gatheredRows(_ indices: [Int], sequences: Sequences? = nil) -> Tensor {
    require(
      shape.rank == 2 && indices.allSatisfy { 0..<rows ~= $0 },
      "rows: \(shape), a row outside 0 ..< \(rows) is asked for")
    let columns = columns
    let result: Shape = [indices.count, columns]
    let storage = context.allocate(result)
    for (row, index) in indices.enumerated() {
      (storage.pointer + row * columns).update(from: pointer + index * columns, count: columns)
    }
    let place = place
    return context.record(
      "gathered rows", storage, shape: result, sequences: sequences, inputs: [self]
    ) { flow, dy in
      flow.accumulate(into: place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: place.shape.count, value: 0) }
        for (row, index) in indices.enumerated() {
          Kernels.accumulate(
            dy.pointer + row * columns, into: gradient + index * columns, count: columns)
        }
      }
    }
  }

  /// The mean of the rows of every sequence, `[tokens, size]` → `[sequences, size]`; zeros for an
  /// empty one.
  ///
  /// - Precondition: A ragged tensor.
  public func sequenceMeans() -> Tensor {
    guard let sequences else { requirementFailure("sequence means: \(shape), without sequences") }
    let columns = columns
    let result: Shape = [sequences.count, columns]
    let storage = context.allocate(result)
    Kernels.fill(storage.pointer, count: result.count, value: 0)
    for index in 0..<sequences.count {
      for row in sequences.offsets[index]..<sequences.offsets[index + 1] {
        Kernels.accumulate(
          pointer + row * columns, times: 1 / Float(sequences.lengths[index]),
          into: storage.pointer + index * columns, count: columns)
      }
    }
    let place = place
    return context.record(
      "sequence means", storage, shape: result, sequences: nil, inputs: [self]
    ) { flow, dy in
      flow.accumulate(into: place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: place.shape.count, value: 0) }
        for index in 0..<sequences.count {
          for row in sequences.offsets[index]..<sequences.offsets[index + 1] {
            Kernels.accumulate(
              dy.pointer + index * columns, times: 1 / Float(sequences.lengths[index]),
              into: gradient + row * columns, count: columns)
          }
        }
      }
    }
  }
}

/// Matrices below one another: `[rows, size]` each, their rows in order.
///
/// - Precondition: At least one, all of as many columns.
public func joinedRows(_ parts: [Tensor], sequences: Sequences? = nil) -> Tensor {
  guard let first = parts.first else { requirementFailure("joined rows: nothing to join") }
  let (context, columns) = (first.context, first.columns)
  require(
    parts.allSatisfy { $0.shape.rank == 2 && $0.columns == columns },
    "joined rows: \(parts.map(\.shape)), columns differ")
  let result: Shape = [parts.reduce(0) { $0 + $1.rows }, columns]
  let storage = context.allocate(result)
  var row = 0
  var places: [(place: GradientPlace, row: Int)] = []
  for part in parts {
    (storage.pointer + row * columns).update(from: part.pointer, count: part.shape.count)
    places.append((part.place, row))
    row += part.rows
  }
  return context.record(
    "joined rows", storage, shape: result, sequences: sequences, inputs: parts,
    changesGradient: true
  ) { flow, dy in
    for (place, row) in places {
      // The gradient is this operation's own, and no two parts share a row of it.
      flow.pass(Storage(dy.pointer + row * columns, ownedBy: dy), to: place)
    }
  }
}

/// Matrices side by side: `[rows, sizes]`, their columns in order.
///
/// - Precondition: At least one, all of as many rows.
public func joinedColumns(_ parts: [Tensor]) -> Tensor {
  guard let first = parts.first else { requirementFailure("joined columns: nothing to join") }
  let (context, rows) = (first.context, first.rows)
  require(
    parts.allSatisfy { $0.shape.rank == 2 && $0.rows == rows },
    "joined columns: \(parts.map(\.shape)), rows differ")
  let result: Shape = [rows, parts.reduce(0) { $0 + $1.columns }]
  let storage = context.allocate(result)
  var column = 0
  var places: [(place: GradientPlace, column: Int)] = []
  for part in parts {
    for row in 0..<rows {
      (storage.pointer + row * result.columns + column).update(
        from: part.pointer + row * part.columns, count: part.columns)
    }
    places.append((part.place, column))
    column += part.columns
  }
  return context.record(
    "joined columns", storage, shape: result, sequences: first.sequences, inputs: parts
  ) { flow, dy in
    for (place, column) in places {
      let columns = place.shape.columns
      flow.accumulate(into: place) { gradient, accumulate in
        for row in 0..<rows {
          let source = dy.pointer + row * result.columns + column
          let target = gradient + row * columns
          if accumulate {
            Kernels.accumulate(source, into: target, count: columns)
          } else {
            target.update(from: source, count: columns)
          }
        }
      }
    }
  }
}
