internal import CSeqKernels

/// Additive attention of one sequence as the kernels see it.
public struct AdditiveRows {
  /// Rows of the queries and of the output.
  public var queryCount: Int
  /// Rows of the keys and of the values.
  public var keyCount: Int
  /// Columns of queries and keys.
  public var size: Int
  /// Columns of values and output.
  public var valueSize: Int
  /// Floats between rows of the queries.
  public var queryStride: Int
  /// Floats between rows of the keys' gradient.
  public var keyStride: Int
  /// Floats between rows of the values.
  public var valueStride: Int
  /// Which weights are dropped.
  public var draws: DropoutDraws
  /// The keys of each query row's draws, `[queryCount]`.
  public var rowIDs: UnsafePointer<UInt32>

  /// The description of a sequence, whose pointer is borrowed: it must outlive it.
  public init(
    queryCount: Int, keyCount: Int, size: Int, valueSize: Int, queryStride: Int, keyStride: Int,
    valueStride: Int, draws: DropoutDraws, rowIDs: UnsafePointer<UInt32>
  ) {
    self.queryCount = queryCount
    self.keyCount = keyCount
    self.size = size
    self.valueSize = valueSize
    self.queryStride = queryStride
    self.keyStride = keyStride
    self.valueStride = valueStride
    self.draws = draws
    self.rowIDs = rowIDs
  }

  var code: seq_additive_attention {
    seq_additive_attention(
      query_count: Int64(queryCount), key_count: Int64(keyCount), size: Int64(size),
      value_size: Int64(valueSize), query_stride: Int64(queryStride),
      value_stride: Int64(valueStride), output_stride: Int64(valueSize),
      key_stride: Int64(keyStride), dropout: draws.value, row_ids: rowIDs)
  }

  /// Floats of scratch memory that the kernels need.
  public var scratchCount: Int {
    var code = code
    return Int(seq_additive_attention_scratch(&code))
  }
}

extension Kernels {
  /// The powers e²ˣ from which ``additiveAttention`` makes its hyperbolic tangents, `[rows, size]`.
  ///
  /// `x` has rows `stride` floats apart, and is taken as if it lay within ±40.
  public static func additivePowers(
    _ x: UnsafePointer<Float>, stride: Int, into y: UnsafeMutablePointer<Float>, rows: Int,
    size: Int
  ) {
    seq_additive_attention_powers(x, Int64(stride), y, Int64(rows), Int64(size))
  }

  /// `output = dropout(softmax(Σ v·tanh(q + k))) · V`, the probabilities kept; they lie as those of
  /// ``attention``.
  public static func additiveAttention(
    _ rows: AdditiveRows, query: UnsafePointer<Float>, keyPowers: UnsafePointer<Float>,
    vector: UnsafePointer<Float>, value: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>, probabilities: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var code = rows.code
    seq_additive_attention_forward(
      &code, query, keyPowers, vector, value, output, probabilities, scratch)
  }

  /// The gradient of ``additiveAttention``, from the probabilities it kept, added to what it belongs
  /// to.
  public static func additiveAttentionBackward(
    _ rows: AdditiveRows, query: UnsafePointer<Float>, keyPowers: UnsafePointer<Float>,
    vector: UnsafePointer<Float>, value: UnsafePointer<Float>,
    probabilities: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    queryGradient: UnsafeMutablePointer<Float>, keyGradient: UnsafeMutablePointer<Float>,
    vectorGradient: UnsafeMutablePointer<Float>, valueGradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var code = rows.code
    seq_additive_attention_backward(
      &code, query, keyPowers, vector, value, probabilities, outputGradient, queryGradient,
      keyGradient,
      vectorGradient, valueGradient, scratch)
  }
}
