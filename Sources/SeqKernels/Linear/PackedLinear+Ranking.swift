internal import CSeqKernels

extension PackedLinear {
  /// Columns of logits that exist at a time.
  private static var blockSize: Int { Int(seq_ranking_block()) }

  /// Floats of scratch memory that ``best(_:rows:count:tokens:logProbabilities:scratch:)`` needs.
  public func rankingScratchCount(rows: Int) -> Int {
    let logits =
      form.canSplitColumns
      ? rows * min(Self.blockSize, outputSize) : LibraryLinear.paddedRows(rows) * outputSize
    return logits + scratchCount(rows: rows)
  }

  /// Finds in every row of `x · weightᵀ + bias` the `count` largest and the logarithms of their
  /// probabilities, without storing the rows.
  ///
  /// The same bits as ``Kernels/best(_:columns:count:tokens:logProbabilities:)`` finds in the rows.
  ///
  /// - Shapes: `x` `[paddedRows(rows), inputSize]`, `tokens` and `logProbabilities` `[rows, count]`,
  ///   best first, of equal ones the lower column first.
  /// - Precondition: `count` is at most ``outputSize``.
  public func best(
    _ x: UnsafePointer<Float>, rows: Int, count: Int, tokens: UnsafeMutablePointer<Int32>,
    logProbabilities: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    require(
      count > 0 && count <= outputSize, "ranking: the best \(count) of \(outputSize) columns")
    let shared = scratch
    let logits = scratch + scratchCount(rows: rows)
    let step = form.canSplitColumns ? Self.blockSize : outputSize
    form.prepare(x, rows: rows, scratch: shared)
    withUnsafeTemporaryAllocation(of: seq_ranking.self, capacity: rows) { states in
      seq_ranking_start(states.baseAddress, Int64(rows))
      for first in stride(from: 0, to: outputSize, by: step) {
        let columns = first..<min(first + step, outputSize)
        form.apply(
          x, rows: rows, columns: columns, into: logits, stride: columns.count, scratch: shared)
        seq_ranking_add(
          states.baseAddress, logits, Int64(columns.count), Int64(rows), Int64(columns.count),
          Int64(first), Int64(count), tokens, logProbabilities)
      }
      seq_ranking_finish(states.baseAddress, Int64(rows), Int64(count), logProbabilities)
    }
  }
}
