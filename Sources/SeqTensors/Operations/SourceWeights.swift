internal import SeqKernels

/// For every row of a target the weights that it gave to the rows of its source, as a tensor that
/// gradients flow through.
///
/// A sequence's weights are a matrix, a row a query; the matrices lie end to end in `[weights]`.
public struct SourceWeights {
  /// `[Σ queries · keys]`, 0–1.
  public let tensor: Tensor
  /// What the queries are.
  public let queries: Sequences
  /// What the keys are.
  public let keys: Sequences

  init(_ tensor: Tensor, queries: Sequences, keys: Sequences) {
    self.tensor = tensor
    self.queries = queries
    self.keys = keys
  }

  /// How many weights there are, of all sequences.
  static func count(queries: Sequences, keys: Sequences) -> Int {
    zip(queries.lengths, keys.lengths).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Calls `body` with the number of each sequence, and where its weights begin.
  static func forEachSequence(
    queries: Sequences, keys: Sequences, _ body: (_ sequence: Int, _ start: Int) -> Void
  ) {
    var start = 0
    for sequence in 0..<queries.count {
      body(sequence, start)
      start += queries.lengths[sequence] * keys.lengths[sequence]
    }
  }

  /// The weights of one query after the other, `[keys]` each.
  public var rows: [[Float]] {
    var rows: [[Float]] = []
    Self.forEachSequence(queries: queries, keys: keys) { sequence, start in
      let count = keys.lengths[sequence]
      for query in 0..<queries.lengths[sequence] {
        let first = tensor.pointer + start + query * count
        rows.append(Array(UnsafeBufferPointer(start: first, count: count)))
      }
    }
    return rows
  }

  /// A map for each sequence.
  public var maps: [AttentionMap] {
    var maps: [AttentionMap] = []
    Self.forEachSequence(queries: queries, keys: keys) { sequence, start in
      let (rowCount, keyCount) = (queries.lengths[sequence], keys.lengths[sequence])
      let all = UnsafeBufferPointer(start: tensor.pointer + start, count: rowCount * keyCount)
      maps.append(
        AttentionMap(
          headCount: 1, queryCount: rowCount, keyCount: keyCount, weights: Array(all)))
    }
    return maps
  }

  /// The weights of queries that came one position after the other, put together.
  ///
  /// The i-th of `positions` holds the i-th query of every sequence that has one.
  ///
  /// - Parameters:
  ///   - positions: One for each position.
  ///   - queries: The sequences that their queries make.
  public init(joining positions: [SourceWeights], queries: Sequences) {
    guard let first = positions.first else {
      requirementFailure("source weights: no positions to join")
    }
    let (keys, context) = (first.keys, first.tensor.context)
    let storage = context.allocate(count: Self.count(queries: queries, keys: keys))
    /// The place of every row: of a position's weights, and of all.
    func rows(of position: Int) -> [(from: Int, to: Int, count: Int)] {
      var rows: [(from: Int, to: Int, count: Int)] = []
      var from = 0
      Self.forEachSequence(queries: queries, keys: keys) { sequence, start in
        guard queries.lengths[sequence] > position else { return }
        let count = keys.lengths[sequence]
        rows.append((from, start + position * count, count))
        from += count
      }
      return rows
    }
    for (position, weights) in positions.enumerated() {
      for (from, to, count) in rows(of: position) {
        (storage.pointer + to).update(from: weights.tensor.pointer + from, count: count)
      }
    }
    let places = positions.map(\.tensor.place)
    let tensor = context.record(
      "joined weights", storage, shape: [Self.count(queries: queries, keys: keys)],
      sequences: nil, inputs: positions.map(\.tensor)
    ) { flow, dy in
      for (position, place) in places.enumerated() {
        flow.accumulate(into: place) { gradient, accumulate in
          if !accumulate { Kernels.fill(gradient, count: place.shape.count, value: 0) }
          for (from, to, count) in rows(of: position) {
            Kernels.accumulate(dy.pointer + to, into: gradient + from, count: count)
          }
        }
      }
    }
    self.init(tensor, queries: queries, keys: keys)
  }

  /// The sum of the values that every query gave its weights to.
  ///
  /// - Shapes: `values` `[keys, size]`, returns `[queries, size]`, ragged both.
  public func context(over values: Tensor) -> Tensor {
    require(
      values.rows == keys.tokenCount,
      "source weights: \(values.shape), not the \(keys.tokenCount) rows of the source")
    let (queries, keys, context) = (queries, keys, tensor.context)
    let size = values.columns
    let shape: Shape = [queries.tokenCount, size]
    let output = context.allocate(shape)
    /// The sequences that have weights.
    func forEach(_ body: (_ row: Int, _ key: Int, _ rows: Int, _ keys: Int, _ start: Int) -> Void) {
      Self.forEachSequence(queries: queries, keys: keys) { sequence, start in
        let (rowCount, keyCount) = (queries.lengths[sequence], keys.lengths[sequence])
        guard rowCount * keyCount > 0 else { return }
        body(queries.offsets[sequence], keys.offsets[sequence], rowCount, keyCount, start)
      }
    }
    Kernels.fill(output.pointer, count: shape.count, value: 0)
    forEach { row, key, rowCount, keyCount, start in
      // The bits of such a product depend on how many rows it has: in inference it has one.
      let count = context.isTraining ? rowCount : 1
      for first in stride(from: 0, to: rowCount, by: count) {
        MatrixProduct.multiply(
          tensor.pointer + start + first * keyCount, stride: keyCount,
          by: values.pointer + key * size, stride: size,
          into: output.pointer + (row + first) * size, stride: size, rows: count, columns: size,
          inner: keyCount)
      }
    }
    let (weights, places) = (tensor, (tensor.place, values.place))
    return context.record(
      "source weights", output, shape: shape, sequences: queries, inputs: [tensor, values]
    ) { flow, dy in
      // Y = A V:  dA = dY Vᵀ,  dV = Aᵀ dY
      flow.accumulate(into: places.0) { gradient, accumulate in
        forEach { row, key, rowCount, keyCount, start in
          MatrixProduct.multiply(
            dy.pointer + row * size, stride: size, by: values.pointer + key * size, stride: size,
            rightTransposed: true, into: gradient + start, stride: keyCount, rows: rowCount,
            columns: keyCount, inner: size, beta: accumulate ? 1 : 0)
        }
      }
      flow.accumulate(into: places.1) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: places.1.shape.count, value: 0) }
        forEach { row, key, rowCount, keyCount, start in
          MatrixProduct.multiply(
            weights.pointer + start, stride: keyCount, leftTransposed: true,
            by: dy.pointer + row * size, stride: size, into: gradient + key * size, stride: size,
            rows: keyCount, columns: size, inner: rowCount, beta: 1)
        }
      }
    }
  }

  /// What is attended to again: `Σ min(weight, coverage)`, the coverage of a key being all that
  /// earlier queries gave it.
  ///
  /// - Parameter scale: Multiplies the loss.
  /// - Returns: The scaled loss, a scalar, and the unscaled one in double precision.
  /// - SeeAlso: See, Liu, Manning 2017, arXiv:1704.04368, equation 12.
  public func coverageLoss(scale: Float = 1) -> (loss: Tensor, sum: Double) {
    let (queries, keys, context, weights) = (queries, keys, tensor.context, tensor)
    var sum = 0.0
    /// Calls `body` with every key: where its first weight lies, how far apart the weights are that
    /// one query after the other gave it, and how many they are.
    func forEachKey(_ body: (_ first: Int, _ stride: Int, _ count: Int) -> Void) {
      Self.forEachSequence(queries: queries, keys: keys) { sequence, start in
        for key in 0..<keys.lengths[sequence] {
          body(start + key, keys.lengths[sequence], queries.lengths[sequence])
        }
      }
    }
    forEachKey { first, stride, count in
      var covered: Float = 0
      for query in 0..<count {
        let weight = weights.pointer[first + query * stride]
        sum += Double(min(weight, covered))
        covered += weight
      }
    }
    let storage = context.allocate(.scalar)
    storage.pointer[0] = scale * Float(sum)
    let place = tensor.place
    let loss = context.record(
      "coverage loss", storage, shape: .scalar, sequences: nil, inputs: [tensor]
    ) { flow, dy in
      // d min(aᵢ, cᵢ) is dy of the smaller, and cᵢ is the sum of all a before it.
      let upstream = dy.pointer[0] * scale
      let covered = flow.context.allocate(count: queries.lengths.max() ?? 0)
      flow.accumulate(into: place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: place.shape.count, value: 0) }
        forEachKey { first, stride, count in
          // The very sums of the forward pass, so that the smaller is the same.
          var sum: Float = 0
          for query in 0..<count {
            covered.pointer[query] = sum
            sum += weights.pointer[first + query * stride]
          }
          var isCoverage: Float = 0
          for query in (0..<count).reversed() {
            let index = first + query * stride
            gradient[index] += upstream * isCoverage
            if weights.pointer[index] <= covered.pointer[query] {
              gradient[index] += upstream
            } else {
              isCoverage += 1
            }
          }
        }
      }
    }
    return (loss, sum)
  }
}
