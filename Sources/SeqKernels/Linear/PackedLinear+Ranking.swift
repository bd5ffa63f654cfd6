internal import CSeqKernels

extension PackedLinear {
  /// Columns of logits that a thread has at a time.
  private static var blockSize: Int { Int(seq_ranking_block()) }

  /// Finds in every row of `x · weightᵀ + bias` the `count` largest and the logarithms of their
  /// probabilities, without storing the rows.
  ///
  /// The same bits as ``Kernels/best(_:columns:count:tokens:logProbabilities:)`` finds in the rows,
  /// whoever computes them.
  ///
  /// - Shapes: `x` `[paddedRows(rows), inputSize]`, `tokens` and `logProbabilities` `[rows, count]`,
  ///   best first, of equal ones the lower column first. `scratch` holds
  ///   ``rankingScratchCount(rows:team:)`` floats.
  /// - Precondition: `count` is at most ``outputSize``.
  public func best(
    _ x: UnsafePointer<Float>, rows: Int, count: Int, tokens: UnsafeMutablePointer<Int32>,
    logProbabilities: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    team: Team? = nil
  ) {
    require(
      count > 0 && count <= outputSize, "ranking: the best \(count) of \(outputSize) columns")
    let shared = scratch
    let logits = scratch + scratchCount(rows: rows)
    let ranking = Ranking(rows: rows, columns: outputSize, count: count)
    form.prepare(x, rows: rows, scratch: shared)
    guard form.canSplitColumns else {
      form.apply(
        x, rows: rows, columns: 0..<outputSize, into: logits, stride: outputSize, scratch: shared)
      var part = ranking.part()
      ranking.add(logits, columns: 0..<outputSize, to: &part)
      ranking.finish([part], tokens: tokens, logProbabilities: logProbabilities)
      return
    }
    let room = rows * min(Self.blockSize, outputSize)
    let parts = (team ?? .alone).map { thread, threadCount in
      var part = ranking.part()
      // Every thread has the columns between two multiples of the block.
      let blocks = ranking.blockCount
      let own = (blocks * thread / threadCount)..<(blocks * (thread + 1) / threadCount)
      for block in own {
        let columns = (block * Self.blockSize)..<min((block + 1) * Self.blockSize, outputSize)
        form.apply(
          x, rows: rows, columns: columns, into: logits + thread * room, stride: columns.count,
          scratch: shared)
        ranking.add(logits + thread * room, columns: columns, to: &part)
      }
      return part
    }
    ranking.finish(parts, tokens: tokens, logProbabilities: logProbabilities)
  }

  /// Floats of scratch memory that ``best(_:rows:count:tokens:logProbabilities:scratch:team:)`` needs.
  public func rankingScratchCount(rows: Int, team: Team? = nil) -> Int {
    let logits =
      form.canSplitColumns
      ? (team?.count ?? 1) * rows * min(Self.blockSize, outputSize)
      : LibraryLinear.paddedRows(rows) * outputSize
    return logits + scratchCount(rows: rows)
  }
}

/// The best of rows of logits that come block by block.
///
/// - Note: `@unchecked Sendable`: threads write the sums of different blocks.
final class Ranking: @unchecked Sendable {
  /// What one thread has found of its columns.
  struct Part {
    fileprivate var found: [Int64]
    fileprivate var tokens: [Int32]
    fileprivate var values: [Float]
  }

  let blockCount: Int
  private let rows: Int
  private let count: Int
  /// The sums of every row's blocks, `[rows, blockCount]`.
  private let blocks: UnsafeMutablePointer<seq_exponentials>

  init(rows: Int, columns: Int, count: Int) {
    self.rows = rows
    self.count = count
    let size = Int(seq_ranking_block())
    blockCount = (columns + size - 1) / size
    blocks = .allocate(capacity: max(1, rows * blockCount))
  }

  deinit { blocks.deallocate() }

  /// Nothing found yet.
  func part() -> Part {
    Part(
      found: Array(repeating: 0, count: rows), tokens: Array(repeating: 0, count: rows * count),
      values: Array(repeating: 0, count: rows * count))
  }

  /// Ranks the logits of some columns, `[rows, columns]`.
  func add(_ logits: UnsafePointer<Float>, columns: Range<Int>, to part: inout Part) {
    seq_ranking_add(
      logits, Int64(columns.count), Int64(rows), Int64(columns.count), Int64(columns.lowerBound),
      Int64(count), blocks, Int64(blockCount), &part.found, &part.tokens, &part.values)
  }

  /// Puts the parts together, which are in the order of their columns.
  func finish(
    _ parts: [Part], tokens: UnsafeMutablePointer<Int32>,
    logProbabilities: UnsafeMutablePointer<Float>
  ) {
    var all = parts[0]
    for more in parts.dropFirst() {
      seq_ranking_merge(
        Int64(rows), Int64(count), more.found, more.tokens, more.values, &all.found, &all.tokens,
        &all.values)
    }
    seq_ranking_finish(blocks, Int64(blockCount), Int64(rows), Int64(count), &all.values)
    tokens.update(from: all.tokens, count: all.tokens.count)
    logProbabilities.update(from: all.values, count: all.values.count)
  }
}
