internal import CSeqKernels

/// Additive attention of one sequence, with or without coverage, as the kernels see it.
///
/// Everything is dense: queries and their gradient `[queryCount, size]`, keys and theirs
/// `[keyCount, size]`, weights and coverage `[queryCount, keyCount]`.
public struct PointerRows {
  /// Rows of the queries.
  public var queryCount: Int
  /// Rows of the keys.
  public var keyCount: Int
  /// Columns of both.
  public var size: Int
  /// Whether the coverage of a query is the sum of the weights of those before it; otherwise it is
  /// given.
  public var accumulates: Bool

  /// The description of a sequence.
  public init(queryCount: Int, keyCount: Int, size: Int, accumulates: Bool) {
    self.queryCount = queryCount
    self.keyCount = keyCount
    self.size = size
    self.accumulates = accumulates
  }

  var code: seq_pointer_attention {
    seq_pointer_attention(
      query_count: Int64(queryCount), key_count: Int64(keyCount), size: Int64(size),
      accumulates: accumulates)
  }
}

/// Coverage, and the vector that scores weigh it by.
public struct CoverageRows {
  /// What the keys have been given before each query, `[queryCount, keyCount]`.
  public var values: UnsafeMutablePointer<Float>
  /// `[size]`.
  public var vector: UnsafePointer<Float>

  /// Both are borrowed.
  public init(values: UnsafeMutablePointer<Float>, vector: UnsafePointer<Float>) {
    self.values = values
    self.vector = vector
  }
}

/// One row of a choice between words that are generated and words of the source.
public struct CopyRow {
  /// How many words can be generated.
  public var vocabulary: Int
  /// How far generating is trusted, a logit.
  public var gate: Float
  /// What the source's tokens are given, `[count]`.
  public var weights: UnsafePointer<Float>
  /// The words that they are, `[count]`.
  public var ids: UnsafePointer<Int32>
  /// How many tokens the source has.
  public var count: Int

  /// The description of a row, whose pointers are borrowed.
  public init(
    vocabulary: Int, gate: Float, weights: UnsafePointer<Float>, ids: UnsafePointer<Int32>,
    count: Int
  ) {
    self.vocabulary = vocabulary
    self.gate = gate
    self.weights = weights
    self.ids = ids
    self.count = count
  }
}

extension Kernels {
  /// `weights = softmax(Σ v·tanh(q + k + w·c))`.
  public static func pointerAttention(
    _ rows: PointerRows, query: UnsafePointer<Float>, key: UnsafePointer<Float>,
    vector: UnsafePointer<Float>, coverage: CoverageRows?, weights: UnsafeMutablePointer<Float>
  ) {
    var code = rows.code
    seq_pointer_attention_forward(
      &code, query, key, vector, coverage?.vector, coverage?.values, weights)
  }

  /// The gradient of ``pointerAttention``, added to what it belongs to; that of the weights is
  /// consumed, `scratch` has a float for every key.
  public static func pointerAttentionBackward(
    _ rows: PointerRows, query: UnsafePointer<Float>, key: UnsafePointer<Float>,
    vector: UnsafePointer<Float>, coverage: CoverageRows?, weights: UnsafePointer<Float>,
    weightsGradient: UnsafeMutablePointer<Float>, queryGradient: UnsafeMutablePointer<Float>,
    keyGradient: UnsafeMutablePointer<Float>, vectorGradient: UnsafeMutablePointer<Float>,
    coverageVectorGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) {
    var code = rows.code
    seq_pointer_attention_backward(
      &code, query, key, vector, coverage?.vector, coverage?.values, weights, weightsGradient,
      queryGradient, keyGradient, vectorGradient, coverageVectorGradient, scratch)
  }

  /// The logarithms of a row's probabilities, `[columns]`: `g·softmax(x) + (1 − g)·weights`, the
  /// weights added to the words they belong to; a word that is neither has −∞.
  public static func copyLogProbabilities(
    _ logits: UnsafePointer<Float>, _ row: CopyRow, into y: UnsafeMutablePointer<Float>,
    columns: Int
  ) {
    seq_copy_log_probabilities(
      logits, Int64(row.vocabulary), row.gate, row.weights, row.ids, Int64(row.count), y,
      Int64(columns))
  }

  /// The gradient of ``copyLogProbabilities(_:_:into:columns:)``, which gave `y`; it is added.
  public static func copyLogProbabilitiesBackward(
    _ logits: UnsafePointer<Float>, _ row: CopyRow, y: UnsafePointer<Float>,
    dy: UnsafePointer<Float>, columns: Int, logitsGradient: UnsafeMutablePointer<Float>,
    gateGradient: UnsafeMutablePointer<Float>, weightsGradient: UnsafeMutablePointer<Float>
  ) {
    seq_copy_log_probabilities_backward(
      logits, Int64(row.vocabulary), row.gate, row.ids, Int64(row.count), y, dy, Int64(columns),
      logitsGradient, gateGradient, weightsGradient)
  }

  /// The cross-entropy of one row against a label, which may be a word of the source.
  ///
  /// Smoothing, a share of probability spread evenly, is of what is generated alone. With a
  /// `gradientScale` the logits are overwritten by this factor times the gradient, and the gradients
  /// of gate and weights are written. `masses` holds a zero for every word, before and after.
  public static func copyCrossEntropy(
    _ logits: UnsafeMutablePointer<Float>, _ row: CopyRow, label: Int32, smoothing: Float,
    masses: UnsafeMutablePointer<Float>, gradientScale: Float?,
    gateGradient: UnsafeMutablePointer<Float>?, weightsGradient: UnsafeMutablePointer<Float>?
  ) -> LossSums {
    LossSums(
      seq_copy_cross_entropy(
        logits, Int64(row.vocabulary), label, row.gate, row.weights, row.ids, Int64(row.count),
        smoothing, masses, gradientScale != nil, gradientScale ?? 0, gateGradient,
        weightsGradient))
  }
}
