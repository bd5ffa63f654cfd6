public import SeqTensors

/// Multi-head attention of a ragged batch to itself.
///
/// Queries, keys and values come from one product.
///
/// - Shapes: `[tokens, size]` → `[tokens, size]`.
/// - SeeAlso: Vaswani et al. 2017, §3.2.2.
public struct SelfAttention: Sendable {
  public let headCount: Int
  public let size: Int
  public let dropout: Double
  /// `[3 · size, size]`: queries, keys, values.
  public let input: Linear
  /// `[size, size]`
  public let output: Linear

  /// - Parameters:
  ///   - dropout: Rate on attention weights, 0–1.
  ///   - outputGain: Factor on the initial weights of the output map.
  public init(
    in scope: ParameterScope, size: Int, headCount: Int, dropout: Double, outputGain: Float = 1
  ) {
    self.headCount = headCount
    self.size = size
    self.dropout = dropout
    // Each of the three matrices by itself, with the gain 1/√2 that PyTorch's stacked matrix and
    // fairseq amount to.
    input = Linear(
      in: scope["input"], inputSize: size, outputSize: 3 * size,
      initializer: .xavierUniform(gain: Float(0.5).squareRoot(), blocks: 3))
    output = Linear(
      in: scope["output"], inputSize: size, outputSize: size,
      initializer: .xavierUniform(gain: outputGain))
  }

  public func callAsFunction(_ x: Tensor, mask: AttentionMask = .none) -> Tensor {
    let projected = input(x)
    let (context, _) = attention(
      queries: projected.slice(0, size: size), keys: projected.slice(size, size: size),
      values: projected.slice(2 * size, size: size), headCount: headCount, mask: mask,
      dropout: dropout)
    return output(context)
  }

  /// One step of decoding: every row attends to its own past and to itself.
  ///
  /// - Parameters:
  ///   - x: One row per hypothesis, `[rows, size]`.
  ///   - cache: This layer's past; the step is added to it.
  public func step(_ x: Tensor, cache: inout KeyValueCache, history: DecodingHistory) -> Tensor {
    let projected = input(x)
    cache.append(projected)
    return output(
      x.context.attentionStep(
        queries: projected.slice(0, size: size), headCount: headCount,
        valueOffset: size
      ) { row, keys in
        cache.collectKeys(of: row, keyStart: size, history: history, into: &keys)
      })
  }
}

/// Multi-head attention of a ragged batch to a memory, sequence by sequence.
///
/// - Shapes: `x` `[tokens, size]`, `memory` `[memory tokens, size]`, returns `[tokens, size]`.
public struct CrossAttention: Sendable {
  public let headCount: Int
  public let size: Int
  public let dropout: Double
  /// `[size, size]`
  public let query: Linear
  /// `[2 · size, size]`: keys, values.
  public let memory: Linear
  /// `[size, size]`
  public let output: Linear

  public init(
    in scope: ParameterScope, size: Int, headCount: Int, dropout: Double, outputGain: Float = 1
  ) {
    self.headCount = headCount
    self.size = size
    self.dropout = dropout
    let gain: Float = Float(0.5).squareRoot()
    query = Linear(
      in: scope["query"], inputSize: size, outputSize: size,
      initializer: .xavierUniform(gain: gain))
    memory = Linear(
      in: scope["memory"], inputSize: size, outputSize: 2 * size,
      initializer: .xavierUniform(gain: gain, blocks: 2))
    output = Linear(
      in: scope["output"], inputSize: size, outputSize: size,
      initializer: .xavierUniform(gain: outputGain))
  }

  public func callAsFunction(_ x: Tensor, memory: Tensor) -> Tensor {
    let projected = self.memory(memory)
    let (context, _) = attention(
      queries: query(x).slice(0, size: size), keys: projected.slice(0, size: size),
      values: projected.slice(size, size: size), headCount: headCount, dropout: dropout)
    return output(context)
  }

  /// One step of decoding.
  ///
  /// - Parameters:
  ///   - x: One row per hypothesis, `[rows, size]`.
  ///   - projected: Keys and values of all memories, computed once: `self.memory(memory)`.
  ///   - sequence: For every row the sequence of the memory it belongs to.
  public func step(_ x: Tensor, projected: Tensor, sequence: [Int]) -> Tensor {
    guard let memories = projected.sequences else {
      preconditionFailure("cross-attention step: the memory must be ragged, with its sequences")
    }
    return output(
      x.context.attentionStep(
        queries: query(x).slice(0, size: size), headCount: headCount, valueOffset: size
      ) { row, keys in
        let index = sequence[row]
        let first = projected.pointer + memories.offsets[index] * 2 * size
        for token in 0..<memories.lengths[index] { keys.append(first + token * 2 * size) }
      })
  }
}
