internal import CSeqKernels

/// One head of one sequence as the attention kernels see it.
public struct AttentionHead {
  public var queryCount: Int
  public var keyCount: Int
  public var headSize: Int
  /// Floats between rows.
  public var queryStride: Int
  public var keyStride: Int
  public var valueStride: Int
  public var outputStride: Int
  public var scale: Float
  /// Query i sees keys up to i + keyCount − queryCount.
  public var isCausal: Bool
  /// `[queryCount, keyCount]`, nonzero = masked out.
  public var masked: UnsafePointer<UInt8>?
  public var draws: DropoutDraws
  /// `[queryCount]`
  public var rowIDs: UnsafePointer<UInt32>
  public var head: Int

  public init(
    queryCount: Int, keyCount: Int, headSize: Int, queryStride: Int, keyStride: Int,
    valueStride: Int, outputStride: Int, scale: Float, isCausal: Bool,
    masked: UnsafePointer<UInt8>?, draws: DropoutDraws, rowIDs: UnsafePointer<UInt32>, head: Int
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
  }

  var code: seq_attention {
    seq_attention(
      query_count: Int64(queryCount), key_count: Int64(keyCount), head_size: Int64(headSize),
      query_stride: Int64(queryStride), key_stride: Int64(keyStride),
      value_stride: Int64(valueStride), output_stride: Int64(outputStride), scale: scale,
      causal: isCausal, masked: masked, dropout: draws.value, row_ids: rowIDs,
      head: UInt32(head))
  }

  /// Floats of scratch memory that the kernels need.
  public var scratchCount: Int {
    var code = code
    return Int(seq_attention_scratch(&code))
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

  /// One query row, all heads, over keys found through pointers: a step of decoding.
  ///
  /// - Parameters:
  ///   - keys: Each points to a key's `headCount · headSize` floats.
  ///   - valueOffset: Floats from a key to its value.
  ///   - weights: On return the attention weights, `[headCount, keyCount]`.
  public static func attentionStep(
    query: UnsafePointer<Float>, keys: UnsafePointer<UnsafePointer<Float>?>, keyCount: Int,
    valueOffset: Int, headCount: Int, headSize: Int, scale: Float,
    output: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>
  ) {
    seq_attention_step(
      query, keys, Int64(keyCount), Int64(valueOffset), Int64(headCount), Int64(headSize), scale,
      output, weights)
  }
}
