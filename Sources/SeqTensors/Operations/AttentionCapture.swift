internal import Foundation
internal import SeqKernels

/// The weights of one attention over one sequence: who looked at whom, head by head.
public struct AttentionMap: Hashable, Sendable {
  /// Heads, each with a matrix of its own.
  public let headCount: Int
  /// Rows of every matrix.
  public let queryCount: Int
  /// Columns of every matrix.
  public let keyCount: Int
  /// `[headCount, queryCount, keyCount]`, 0–1.
  ///
  /// Rows sum to one; those with no key allowed are zero.
  public let weights: [Float]

  /// Weights in the order head, query, key.
  ///
  /// - Precondition: As many weights as the three counts make.
  public init(headCount: Int, queryCount: Int, keyCount: Int, weights: [Float]) {
    require(
      weights.count == headCount * queryCount * keyCount,
      "attention map: [\(headCount), \(queryCount), \(keyCount)], \(weights.count) weights")
    self.headCount = headCount
    self.queryCount = queryCount
    self.keyCount = keyCount
    self.weights = weights
  }

  /// The weight of a key for a query, all counted from 0.
  public subscript(head: Int, query: Int, key: Int) -> Float {
    weights[(head * queryCount + query) * keyCount + key]
  }

  /// One head's matrix, row by row.
  public func rows(ofHead head: Int) -> [[Float]] {
    (0..<queryCount).map { query in
      let start = (head * queryCount + query) * keyCount
      return Array(weights[start..<start + keyCount])
    }
  }

  /// The mean of all heads' matrices, row by row.
  public var meanRows: [[Float]] {
    (0..<queryCount).map { query in
      (0..<keyCount).map { key in
        (0..<headCount).reduce(0) { $0 + self[$1, query, key] } / Float(max(headCount, 1))
      }
    }
  }
}

extension Context {
  /// Runs a computation and gives, for every attention in it, what each sequence attended to.
  ///
  ///     let (memory, maps) = context.capturingAttention { model.encode(ids, sequences, in: context) }
  ///
  /// Attentions come in the order they were computed in, each with a map a sequence; weights are
  /// those before dropout. Those of dot products are computed once more, in double precision, beside
  /// the fused operation; elsewhere nothing is computed or kept. A step of decoding gives a map for
  /// each row.
  public func capturingAttention<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, maps: [[AttentionMap]]) {
    let outer = capturedAttention
    capturedAttention = []
    defer { capturedAttention = outer }
    let result = try body()
    return (result, capturedAttention ?? [])
  }

  /// Keeps the weights of an attention if anybody asked for them.
  func captureAttention(
    queries: ColumnSlice, keys: ColumnSlice, headCount: Int, mask: AttentionMask, scale: Double
  ) {
    guard capturedAttention != nil, let rows = queries.tensor.sequences,
      let memory = keys.tensor.sequences
    else { return }
    let maps = (0..<rows.count).map { sequence in
      let (queryCount, keyCount) = (rows.lengths[sequence], memory.lengths[sequence])
      let hidden = mask.matrix(sequence: sequence, queryCount: queryCount, keyCount: keyCount)
      var weights: [Float] = []
      for head in 0..<headCount {
        for query in 0..<queryCount {
          weights += attentionRow(
            queries, rows.offsets[sequence] + query, keys,
            memory.offsets[sequence]..<memory.offsets[sequence + 1], head: head,
            headSize: queries.size / headCount, scale: scale
          ) { hidden.bytes[query * keyCount + $0] != 0 }
        }
      }
      return AttentionMap(
        headCount: headCount, queryCount: queryCount, keyCount: keyCount, weights: weights)
    }
    capturedAttention?.append(maps)
  }

  /// Keeps the weights that an attention has computed and kept itself, if anybody asked for them.
  func captureAttention(_ weights: AttentionWeights) {
    guard capturedAttention != nil else { return }
    let maps = weights.queries.lengths.indices.map { sequence in
      let queryCount = weights.queries.lengths[sequence]
      let keyCount = weights.keys.lengths[sequence]
      return AttentionMap(
        headCount: weights.headCount, queryCount: queryCount, keyCount: keyCount,
        weights: (0..<weights.headCount).flatMap { head in
          (0..<queryCount).flatMap { query in
            (0..<keyCount).map {
              weights.weight(sequence: sequence, head: head, query: query, key: $0)
            }
          }
        })
    }
    capturedAttention?.append(maps)
  }
}

/// `softmax(q·kᵀ · scale)` of one query over the keys that are not hidden.
private func attentionRow(
  _ queries: ColumnSlice, _ query: Int, _ keys: ColumnSlice, _ keyRows: Range<Int>, head: Int,
  headSize: Int, scale: Double, isHidden: (Int) -> Bool
) -> [Float] {
  let q = queries.pointer + query * queries.stride + head * headSize
  let scores = keyRows.enumerated().map { index, row in
    guard !isHidden(index) else { return -Double.infinity }
    let k = keys.pointer + row * keys.stride + head * headSize
    let product = (0..<headSize).reduce(0.0) { $0 + Double(q[$1]) * Double(k[$1]) }
    return product * scale
  }
  guard let largest = scores.max(), largest != -.infinity else {
    return Array(repeating: 0, count: scores.count)
  }
  let exponentials = scores.map { exp($0 - largest) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { Float($0 / sum) }
}
