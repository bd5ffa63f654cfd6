internal import SeqKernels

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What is added to an embedding to tell positions apart.
public enum PositionTable {
  /// Trained rows `[positions, size]`.
  case learned(Parameter)
  /// Fixed rows.
  case fixed(FixedPositions)
}

/// Sinusoidal positions: sines in the first half of a row, cosines in the second.
///
/// `[p, i] = sin(p·wᵢ)`, `[p, size/2 + i] = cos(p·wᵢ)`, the layout of tensor2tensor and fairseq.
/// Vaswani et al. 2017, §3.5.
public final class FixedPositions: Sendable {
  /// How the frequencies fall.
  public enum Frequencies: Sendable {
    /// `wᵢ = 10000^(−i / (size/2 − 1))`, those of tensor2tensor and fairseq.
    case inclusive
    /// `wᵢ = 10000^(−i / (size/2))`, those of the paper.
    case exclusive
  }

  /// Columns of a row.
  public let size: Int
  /// How many positions there are.
  public let count: Int
  /// Row after row.
  package let values: [Float]

  /// Computes the table, in double precision before it is rounded.
  ///
  /// - Parameters:
  ///   - count: Positions from 0.
  ///   - size: Columns.
  ///   - frequencies: How they fall from 1 on.
  public init(count: Int, size: Int, frequencies: Frequencies = .inclusive) {
    self.size = size
    self.count = count
    let half = size / 2
    let divisor =
      switch frequencies {
      case .inclusive: max(half - 1, 1)
      case .exclusive: max(half, 1)
      }
    var values = [Float](repeating: 0, count: count * size)
    for position in 0..<count {
      for index in 0..<half {
        let angle = Double(position) * pow(10000, -Double(index) / Double(divisor))
        values[position * size + index] = Float(sin(angle))
        values[position * size + half + index] = Float(cos(angle))
      }
    }
    self.values = values
  }
}

extension Context {
  /// Rows of a table by id, scaled, with positions and dropout: the start of an encoder or decoder.
  ///
  /// Every row of `sequences` has one id. `firstPosition` is the position of the first row of each
  /// sequence, for decoding step by step; `scale` multiplies what the table holds, not the
  /// positions. Rows of a `mixture` read that in place of their id.
  ///
  /// - Shapes: `table` `[vocabulary, size]`, positions `[positions, size]`, returns
  ///   `[tokens, size]`.
  /// - Precondition: Ids lie within the vocabulary, positions within the table.
  public func embed(
    _ ids: [Int32], mixture: EmbeddingMixture? = nil, in table: Parameter, sequences: Sequences,
    scale: Float = 1, positions: PositionTable? = nil, firstPosition: Int = 0,
    dropout rate: Double = 0
  ) -> Tensor {
    require(table.shape.rank == 2, "embedding: table \(table.shape), not a matrix")
    let (rows, columns) = (ids.count, table.shape[1])
    require(
      rows == sequences.tokenCount,
      "embedding: \(rows) ids and sequences of \(sequences.tokenCount) tokens")
    require(
      ids.allSatisfy { $0 >= 0 && Int($0) < table.shape[0] },
      "embedding: table \(table.shape), an id outside the vocabulary of \(table.shape[0])")
    let places =
      firstPosition == 0
      ? sequences.positions : sequences.positions.map { $0 + Int32(firstPosition) }
    let positionShape: Shape?
    switch positions {
    case .learned(let parameter): positionShape = parameter.shape
    case .fixed(let fixed): positionShape = [fixed.count, fixed.size]
    case nil: positionShape = nil
    }
    require(
      positionShape.map { $0.rank == 2 && $0.columns == columns } ?? true,
      "embedding: table \(table.shape) and positions \(positionShape ?? []), sizes differ")
    let limit = positionShape?.rows ?? .max
    require(
      firstPosition >= 0 && places.allSatisfy { Int($0) < limit },
      "embedding: positions \(positionShape ?? []), a sequence reaches outside them")
    mixture?.check(in: table, rows: rows)
    var ids = ids
    // A negative id reads nothing.
    for row in mixture?.rows ?? [] { ids[row] = -1 }
    // Rows that are rounded, or lie in a file's memory, are gathered first.
    let gathered =
      isTraining || precision == .float32 && !table.isStored ? nil : allocate([rows, columns])
    if let gathered {
      table.copyRows(ids, rounding: precision, into: gathered.pointer)
      for row in ids.indices where ids[row] >= 0 { ids[row] = Int32(row) }
    }
    let draws = nextDropout(rate: rate)
    let shape: Shape = [rows, columns]
    let storage = allocate(shape)
    func fill(_ rowsOfPositions: UnsafePointer<Float>?) {
      Kernels.embed(
        table: gathered?.pointer ?? table.pointer, ids: ids, scale: scale,
        positions: rowsOfPositions,
        positionIDs: places, draws, rowIDs: sequences.rowIDs, into: storage.pointer, rows: rows,
        columns: columns)
    }
    var learned: Parameter?
    switch positions {
    case .learned(let parameter):
      learned = parameter
      fill(parameter.pointer)
    case .fixed(let fixed): fixed.values.withUnsafeBufferPointer { fill($0.baseAddress) }
    case nil: fill(nil)
    }
    mixture?.add(
      scale: scale, of: table, to: storage.pointer, draws, rowIDs: sequences.rowIDs, in: self)
    let embedded = record(
      "embedding", storage, shape: shape, sequences: sequences,
      inputs: mixture.map { [$0.weights] } ?? [], hasParameters: true, changesGradient: true
    ) { [learned, ids] flow, dy in
      // y = drop(s·E[id] + P[p]):  dE[id] += s·drop(dy),  dP[p] += drop(dy)
      Kernels.embedBackward(
        dy.pointer, ids: ids, scale: scale, tableGradient: flow.gradient(of: table, rows: ids),
        positionIDs: places,
        positionsGradient: learned.map { flow.gradient(of: $0, rows: places) }, draws,
        rowIDs: sequences.rowIDs, rows: rows, columns: columns)
      mixture?.takeBack(flow, dy.pointer, scale: scale, table: table)
    }
    return embeddingProbes == nil ? embedded : probed(embedded)
  }
}
