internal import CSeqKernels

/// What cross-entropy found over some rows.
public struct LossSums: Sendable, Hashable {
  /// Sum of the loss with label smoothing, nats.
  public var loss = 0.0
  /// Sum of −log p(label), nats.
  public var negativeLogLikelihood = 0.0
  /// Rows whose label is the likeliest.
  public var correctCount = 0

  /// Sums over no rows.
  public init() {}

  init(_ found: seq_loss) {
    loss = found.loss
    negativeLogLikelihood = found.likelihood
    correctCount = Int(found.correct)
  }

  /// Adds the sums over further rows.
  public static func += (left: inout LossSums, right: LossSums) {
    left.loss += right.loss
    left.negativeLogLikelihood += right.negativeLogLikelihood
    left.correctCount += right.correctCount
  }
}

extension Kernels {
  /// Looks rows up: `y[row] = dropout(scale · table[ids[row]] + positions[positionIDs[row]])`.
  ///
  /// Ids and positions are not checked.
  public static func embed(
    table: UnsafePointer<Float>, ids: UnsafePointer<Int32>, scale: Float,
    positions: UnsafePointer<Float>?, positionIDs: UnsafePointer<Int32>, _ draws: DropoutDraws,
    rowIDs: UnsafePointer<UInt32>, into y: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    seq_embed(
      table, ids, scale, positions, positionIDs, y, rowIDs, Int64(rows), Int64(columns),
      draws.value)
  }

  /// The gradient of ``embed``, added to the tables' gradients; `dy` is consumed.
  public static func embedBackward(
    _ dy: UnsafeMutablePointer<Float>, ids: UnsafePointer<Int32>, scale: Float,
    tableGradient: UnsafeMutablePointer<Float>, positionIDs: UnsafePointer<Int32>,
    positionsGradient: UnsafeMutablePointer<Float>?, _ draws: DropoutDraws,
    rowIDs: UnsafePointer<UInt32>, rows: Int, columns: Int
  ) {
    seq_embed_backward(
      dy, ids, scale, tableGradient, positionIDs, positionsGradient, rowIDs, Int64(rows),
      Int64(columns), draws.value)
  }

  /// Probabilities of every row: `y = exp(x) / Σ exp(x)`, shifted so that nothing overflows.
  public static func softmax(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    seq_softmax(x, y, Int64(rows), Int64(columns))
  }

  /// The gradient of ``softmax``, added: `dx += y · (dy − Σ dy·y)`.
  public static func softmaxBackward(
    _ y: UnsafePointer<Float>, dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int
  ) {
    seq_softmax_backward(y, dy, dx, Int64(rows), Int64(columns))
  }

  /// Cross-entropy of rows of logits with smoothed labels.
  ///
  /// `smoothing` is the share of probability spread evenly over the columns. With a `gradientScale`
  /// the logits are overwritten by this factor times the gradient.
  public static func crossEntropy(
    _ logits: UnsafeMutablePointer<Float>, labels: UnsafePointer<Int32>, rows: Int, columns: Int,
    smoothing: Float, gradientScale: Float?
  ) -> LossSums {
    LossSums(
      seq_cross_entropy(
        logits, labels, Int64(rows), Int64(columns), smoothing, gradientScale != nil,
        gradientScale ?? 0))
  }

  /// Finds the `count` largest of a row of logits and the logarithms of their probabilities.
  ///
  /// The best comes first, and of equal ones that of the lower index.
  public static func best(
    _ row: UnsafePointer<Float>, columns: Int, count: Int, tokens: UnsafeMutablePointer<Int32>,
    logProbabilities: UnsafeMutablePointer<Float>
  ) {
    let ranking = Ranking(rows: 1, columns: columns, count: count)
    var part = ranking.part()
    ranking.add(row, columns: 0..<columns, to: &part)
    ranking.finish([part], tokens: tokens, logProbabilities: logProbabilities)
  }

  /// Finds the `count` largest of a row and leaves them as they are.
  ///
  /// The largest comes first, and of equal ones that of the lower index.
  public static func largest(
    _ row: UnsafePointer<Float>, columns: Int, count: Int, tokens: UnsafeMutablePointer<Int32>,
    values: UnsafeMutablePointer<Float>
  ) {
    seq_largest(row, Int64(columns), Int64(count), tokens, values)
  }

  /// The logarithm of a weighted sum of probabilities, column by column: `y = log Σ wᵢ exp(xᵢ)`.
  ///
  /// Where all rows are equal and the weights add up to 1, `y` is that row to the last bit. A column
  /// that is −∞ everywhere stays so; one that is no number in any row is none in `y`.
  ///
  /// - Precondition: Weights above 0, as many as rows.
  public static func logMixture(
    _ rows: [UnsafePointer<Float>], weights: [Float], into y: UnsafeMutablePointer<Float>,
    columns: Int
  ) {
    require(
      rows.count == weights.count,
      "mixture: \(rows.count) rows and \(weights.count) weights, not as many")
    let rows = rows.map { Optional($0) }
    seq_log_mixture(rows, weights, Int64(rows.count), y, Int64(columns))
  }

  /// Logarithms of one row's probabilities: `y = x − log Σ exp(x)`.
  public static func logSoftmax(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, columns: Int
  ) {
    seq_log_softmax(x, y, Int64(columns))
  }
}
