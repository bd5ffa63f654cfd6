internal import CSeqKernels

/// One head of one sequence as the attention kernels see it.
public struct AttentionHead {
  /// Rows of the queries and of the output.
  public var queryCount: Int
  /// Rows of the keys and of the values.
  public var keyCount: Int
  /// Columns of this head in every matrix.
  public var headSize: Int
  /// Floats between rows of the queries.
  public var queryStride: Int
  /// Floats between rows of the keys.
  public var keyStride: Int
  /// Floats between rows of the values.
  public var valueStride: Int
  /// Floats between rows of the output.
  public var outputStride: Int
  /// Multiplies `Q Kᵀ`, usually 1/√headSize.
  public var scale: Float
  /// Whether query i sees keys up to i + keyCount − queryCount only.
  public var isCausal: Bool
  /// A mask `[queryCount, keyCount]` in which nonzero means masked out; nil masks nothing.
  public var masked: UnsafePointer<UInt8>?
  /// Which weights are dropped.
  public var draws: DropoutDraws
  /// The keys of each query row's draws, `[queryCount]`.
  public var rowIDs: UnsafePointer<UInt32>
  /// The head's index, by which heads draw apart.
  public var head: Int
  /// Numbers added to the scores, laid out as probabilities; nil adds nothing.
  public var bias: UnsafePointer<Float>?

  /// The description of a head, whose pointers are borrowed: they must outlive it.
  public init(
    queryCount: Int, keyCount: Int, headSize: Int, queryStride: Int, keyStride: Int,
    valueStride: Int, outputStride: Int, scale: Float, isCausal: Bool,
    masked: UnsafePointer<UInt8>?, draws: DropoutDraws, rowIDs: UnsafePointer<UInt32>, head: Int,
    bias: UnsafePointer<Float>? = nil
  ) {
    self.queryCount = queryCount
    self.keyCount = keyCount
    self.headSize = headSize
    self.queryStride = queryStride
    self.keyStride = keyStride
    self.valueStride = valueStride
    self.outputStride = outputStride
    self.scale = scale
    self.isCausal = isCausal
    self.masked = masked
    self.draws = draws
    self.rowIDs = rowIDs
    self.head = head
    self.bias = bias
  }

  var code: seq_attention {
    seq_attention(
      query_count: Int64(queryCount), key_count: Int64(keyCount), head_size: Int64(headSize),
      query_stride: Int64(queryStride), key_stride: Int64(keyStride),
      value_stride: Int64(valueStride), output_stride: Int64(outputStride), scale: scale,
      causal: isCausal, masked: masked, dropout: draws.value, row_ids: rowIDs,
      head: UInt32(head), bias: bias)
  }

  /// Floats of scratch memory that the kernels need.
  public var scratchCount: Int {
    var code = code
    return Int(seq_attention_scratch(&code))
  }

  /// Where ``Kernels/attentionBackward`` leaves the gradient of the scores in its scratch memory, laid
  /// out as probabilities.
  public func scoreGradient(in scratch: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    var code = code
    return UnsafePointer(seq_attention_score_gradient(&code, scratch))
  }

  /// Floats between rows of saved probabilities.
  public static func probabilityStride(keyCount: Int) -> Int {
    Int(seq_attention_row(Int64(keyCount)))
  }
}

extension Kernels {
  /// `output = dropout(softmax(scale · Q Kᵀ, masked)) · V`, the probabilities kept.
  public static func attention(
    _ head: AttentionHead, query: UnsafePointer<Float>, key: UnsafePointer<Float>,
    value: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    probabilities: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    var code = head.code
    seq_attention_forward(&code, query, key, value, output, probabilities, scratch)
  }

  /// The gradient of ``attention``, from the probabilities it kept.
  ///
  /// Gradients have the strides of what they belong to; with `accumulate` they are added to,
  /// otherwise overwritten. The formulas are beside `seq_attention_backward`.
  public static func attentionBackward(
    _ head: AttentionHead, query: UnsafePointer<Float>, key: UnsafePointer<Float>,
    value: UnsafePointer<Float>, probabilities: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, queryGradient: UnsafeMutablePointer<Float>,
    keyGradient: UnsafeMutablePointer<Float>, valueGradient: UnsafeMutablePointer<Float>,
    accumulate: Bool, scratch: UnsafeMutablePointer<Float>
  ) {
    var code = head.code
    seq_attention_backward(
      &code, query, key, value, probabilities, outputGradient, queryGradient, keyGradient,
      valueGradient, accumulate, scratch)
  }

  /// Tokens whose keys and values lie together where single rows attend to them; a page has
  /// `[headCount, pageTokens, headSize]` keys and behind them as many values.
  public static let pageTokens = Int(SEQ_PAGE_TOKENS)

  /// One query row, all heads, over keys in pages, of which only the last may not be full: a step of
  /// decoding.
  ///
  /// `bias` `[headCount, keyCount]` is added to the scores. On return `weights` holds the attention
  /// weights, `[headCount, keyCount]`.
  public static func attentionStep(
    query: UnsafePointer<Float>, pages: UnsafePointer<UnsafePointer<Float>?>, keyCount: Int,
    headCount: Int, headSize: Int, scale: Float, bias: UnsafePointer<Float>? = nil,
    output: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>
  ) {
    seq_attention_step(
      query, pages, Int64(keyCount), Int64(headCount), Int64(headSize), scale, bias, output, weights
    )
  }
}
