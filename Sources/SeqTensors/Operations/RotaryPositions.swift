internal import SeqKernels

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Rotary positions: queries and keys are turned by their positions, so that products depend on
/// distances alone.
///
/// Column c of a head's first half and column c of its second are a plane, which position p turns by
/// `p · base^(−2c / headSize)`: the layout of GPT-NeoX and LLaMA. The paper pairs neighbours instead;
/// the two differ by a permutation of columns.
///
/// - SeeAlso: Su et al. 2021, arXiv:2104.09864, §3.2.
public struct RotaryPositions: Hashable, Sendable {
  /// Columns of one head, an even number.
  public let headSize: Int
  /// What the slowest plane's wavelength is near to, over 2π; usually 10,000.
  public let base: Double

  /// Rotations of heads of a size.
  ///
  /// - Precondition: The size is even and positive, the base above 1.
  public init(headSize: Int, base: Double = 10_000) {
    require(
      headSize > 0 && headSize % 2 == 0 && base > 1,
      "rotary positions: heads of \(headSize), base \(base)")
    self.headSize = headSize
    self.base = base
  }

  /// Cosines and sines of every angle, a row a position; computed in double precision.
  fileprivate func turns(upTo count: Int, from first: Int) -> [Float] {
    let half = headSize / 2
    var turns = [Float](repeating: 0, count: count * headSize)
    for index in 0..<half {
      let frequency = pow(base, -2 * Double(index) / Double(headSize))
      for position in 0..<count {
        let angle = Double(position + first) * frequency
        turns[position * headSize + index] = Float(cos(angle))
        turns[position * headSize + half + index] = Float(sin(angle))
      }
    }
    return turns
  }
}

extension Tensor {
  /// Turns the first `columnCount` columns, head by head, by the positions of the rows in their
  /// sequences, `firstPosition` being that of the first row of each; the others stay.
  ///
  /// - Shapes: `[tokens, columns]` → the same.
  /// - Precondition: Ragged; the head size divides the columns.
  public func rotated(
    _ rotary: RotaryPositions, columnCount: Int, firstPosition: Int = 0
  ) -> Tensor {
    guard let sequences, shape.rank == 2 else {
      requirementFailure("rotary positions: \(shape), not ragged with its sequences")
    }
    require(
      columnCount % rotary.headSize == 0 && columnCount <= shape.columns,
      "rotary positions: \(columnCount) columns of \(shape) in heads of \(rotary.headSize)")
    let turns = rotary.turns(upTo: sequences.lengths.max() ?? 0, from: firstPosition)
    let (rows, columns) = (shape.rows, shape.columns)
    let storage = context.allocate(shape)
    let rest = columns - columnCount
    for row in 0..<rows where rest > 0 {
      (storage.pointer + row * columns + columnCount).update(
        from: pointer + row * columns + columnCount, count: rest)
    }
    /// Reads and writes heads where they lie, which may be the same place.
    func rotate(
      _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, backward: Bool
    ) {
      sequences.positions.withUnsafeBufferPointer { positions in
        turns.withUnsafeBufferPointer { turns in
          guard let positions = positions.baseAddress, let turns = turns.baseAddress else { return }
          Kernels.rotate(
            x, stride: columns, positions: positions, turns: turns, backward: backward, into: y,
            stride: columns, rows: rows, headCount: columnCount / rotary.headSize,
            headSize: rotary.headSize)
        }
      }
    }
    rotate(pointer, into: storage.pointer, backward: false)
    return context.record(
      "rotary positions", storage, shape: shape, sequences: sequences, inputs: [self],
      changesGradient: true
    ) { flow, dy in
      // y = R x with R a rotation:  dx = Rᵀ dy
      rotate(dy.pointer, into: dy.pointer, backward: true)
      flow.pass(dy, to: place)
    }
  }
}
