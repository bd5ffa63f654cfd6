internal import SeqKernels

/// Rows of an embedding that read a weighted sum of the whole table: what stands in for a token
/// when a decoder reads a distribution over tokens.
///
/// Gradients flow to the weights and to the table. Weights that are one-hot give the table's row, rounded
/// as the operands of products are.
public struct EmbeddingMixture {
  /// A row of weights for each of ``rows``, `[rows, vocabulary]`.
  public let weights: Tensor
  /// The places of those rows in the embedding, ascending.
  public let rows: [Int]

  /// Weights, and the rows that read them.
  ///
  /// - Precondition: As many as the weights have rows.
  public init(weights: Tensor, rows: [Int]) {
    require(
      weights.shape.rank == 2 && weights.shape[0] == rows.count,
      "embedding mixture: weights \(weights.shape) for \(rows.count) rows")
    self.weights = weights
    self.rows = rows
  }

  func check(in table: Parameter, rows count: Int) {
    require(
      weights.columns == table.shape[0],
      "embedding: table \(table.shape), mixtures \(weights.shape), vocabularies differ")
    require(
      rows.allSatisfy { 0..<count ~= $0 } && zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 },
      "embedding: \(count) rows, mixtures not at some of them in ascending order")
  }

  /// Adds `scale · weights · table` to the rows of `y` and drops out of the sums.
  func add(
    scale: Float, of table: Parameter, to y: UnsafeMutablePointer<Float>, _ draws: DropoutDraws,
    rowIDs: [UInt32], in context: Context
  ) {
    guard !rows.isEmpty else { return }
    let (vocabulary, size) = (table.shape[0], table.shape[1])
    let sums = context.allocate(count: rows.count * size)
    withExtendedLifetime(sums) {
      context.multiply(
        weights.pointer, stride: vocabulary, by: table.pointer, stride: size, into: sums.pointer,
        stride: size, rows: rows.count, columns: size, inner: vocabulary)
      for (index, row) in rows.enumerated() {
        let place = y + row * size
        Kernels.accumulate(sums.pointer + index * size, times: scale, into: place, count: size)
        guard draws.dropsElements else { continue }
        Kernels.dropout(
          place, draws, rowIDs: [rowIDs[row]], into: place, rows: 1, columns: size)
      }
    }
  }

  /// The step back of ``add(scale:of:to:_:rowIDs:in:)``; `dy` is what dropout has let through.
  func takeBack(
    _ flow: Backward, _ dy: UnsafePointer<Float>, scale: Float, table: Parameter
  ) {
    guard !rows.isEmpty else { return }
    let (vocabulary, size) = (table.shape[0], table.shape[1])
    let gathered = flow.context.allocate(count: rows.count * size)
    for (index, row) in rows.enumerated() {
      Kernels.scale(
        dy + row * size, by: scale, into: gathered.pointer + index * size, count: size)
    }
    // y = s·W E, G = s·dy:  dW = G Eᵀ,  dE = Wᵀ G
    flow.accumulate(into: weights.place) { gradient, accumulate in
      flow.context.multiply(
        gathered.pointer, stride: size, by: table.pointer, stride: size, rightTransposed: true,
        into: gradient, stride: vocabulary, rows: rows.count, columns: vocabulary, inner: size,
        accumulate: accumulate)
    }
    flow.context.multiply(
      weights.pointer, stride: vocabulary, leftTransposed: true, by: gathered.pointer,
      stride: size, into: flow.gradient(of: table), stride: size, rows: vocabulary, columns: size,
      inner: rows.count, accumulate: true)
    withExtendedLifetime(gathered) {}
  }
}
