internal import SeqKernels
public import SeqTensors

/// Multi-head attention of a ragged batch to itself.
///
/// Queries, keys and values come from one product.
///
/// - Shapes: `[tokens, size]` → `[tokens, size]`.
/// - SeeAlso: Vaswani et al. 2017, §3.2.2.
public struct SelfAttention: Sendable {
  /// How the attention is divided.
  public let heads: AttentionHeads
  /// Rate on attention weights, 0–1.
  public let dropout: Double
  /// How tokens know how far they are apart.
  public let positions: AttentionPositions
  /// What a token sees of its sequence; nil is all of it.
  public let window: AttentionWindow?
  /// The map to queries, keys and values, in this order: `[3 · columns, size]`, the columns those of
  /// all heads together.
  public let input: Linear
  /// The map of the heads' results, side by side: `[size, columns]`.
  public let output: Linear

  /// Names its maps `input` and `output`.
  ///
  /// `dropout` is the rate on attention weights, 0–1; `outputGain` a factor on the initial weights
  /// of the output map; without `hasBias` the maps add none.
  ///
  /// - Precondition: With a window nothing is added to scores.
  public init(
    in scope: ParameterScope, size: Int, heads: AttentionHeads, hasBias: Bool = true,
    dropout: Double, positions: AttentionPositions = .none, window: AttentionWindow? = nil,
    outputGain: Float = 1
  ) {
    require(
      window == nil || !positions.addToScores,
      "self-attention: a window, and positions that add to scores")
    self.heads = heads
    self.dropout = dropout
    self.positions = positions
    self.window = window
    // Each of the three matrices by itself, with the gain 1/√2 that PyTorch's stacked matrix and
    // fairseq amount to.
    input = Linear(
      in: scope["input"], inputSize: size, outputSize: 3 * heads.columns, hasBias: hasBias,
      initializer: .xavierUniform(gain: Float(0.5).squareRoot(), blocks: 3))
    output = Linear(
      in: scope["output"], inputSize: heads.columns, outputSize: size, hasBias: hasBias,
      initializer: .xavierUniform(gain: outputGain))
  }

  /// Lets every token attend to the tokens of its own sequence that the mask or the window leaves.
  ///
  /// - Precondition: No mask beside a window.
  public func callAsFunction(_ x: Tensor, mask: AttentionMask = .none) -> Tensor {
    let projected = project(x, firstPosition: 0)
    if let window {
      require(mask == .none, "self-attention: a mask beside a window")
      return output(
        windowAttention(
          queries: projected.slice(0, size: heads.columns),
          keys: projected.slice(heads.columns, size: heads.columns),
          values: projected.slice(2 * heads.columns, size: heads.columns), headCount: heads.count,
          window: window, scale: heads.scale, dropout: dropout))
    }
    let (context, _) = attention(
      queries: projected.slice(0, size: heads.columns),
      keys: projected.slice(heads.columns, size: heads.columns),
      values: projected.slice(2 * heads.columns, size: heads.columns), headCount: heads.count,
      mask: mask, scale: heads.scale, relative: relative(in: x.context), dropout: dropout)
    return output(context)
  }

  /// What is added to scores; a search computes it once for all its steps.
  public func relative(in context: Context) -> RelativePositions? {
    positions.relative(headSize: heads.size, in: context)
  }

  /// Queries, keys and values, the first two turned where positions are rotary.
  private func project(_ x: Tensor, firstPosition: Int) -> Tensor {
    guard case .rotary(let rotary) = positions else { return input(x) }
    return input(x).rotated(rotary, columnCount: 2 * heads.columns, firstPosition: firstPosition)
  }

  /// One step of decoding: every row attends to its own past and to itself.
  ///
  /// `cache` is this layer's past, to which the step is added; `relative` what
  /// ``relative(in:)`` gives.
  ///
  /// - Shapes: `x` has one row per hypothesis, `[rows, size]`, and so has the result.
  /// - Precondition: A context in inference mode, and no window.
  public func step(
    _ x: Tensor, cache: inout KeyValueCache, history: DecodingHistory, relative: RelativePositions?
  ) -> Tensor {
    require(window == nil, "self-attention step: a window, whose past is not all of it")
    let projected = project(x, firstPosition: history.stepCount)
    cache.append(projected, keyStart: heads.columns, heads: heads, history: history)
    return output(
      x.context.attentionStep(
        queries: projected.slice(0, size: heads.columns), headCount: heads.count,
        scale: heads.scale, relative: relative
      ) { row, pages in
        cache.collectPages(of: row, history: history, into: &pages)
      })
  }
}

/// Multi-head attention of a ragged batch to a memory, sequence by sequence.
///
/// - Shapes: `x` `[tokens, size]`, `memory` `[memory tokens, size]`, returns `[tokens, size]`.
public struct CrossAttention: Sendable {
  /// How the attention is divided.
  public let heads: AttentionHeads
  /// Rate on attention weights, 0–1.
  public let dropout: Double
  /// The map to queries, `[columns, size]`, the columns those of all heads together.
  public let query: Linear
  /// The map to keys and values, in this order: `[2 · columns, size]`.
  public let memory: Linear
  /// The map of the heads' results, side by side: `[size, columns]`.
  public let output: Linear

  /// Names its maps `query`, `memory` and `output`.
  ///
  /// `dropout` is the rate on attention weights, 0–1; `outputGain` a factor on the initial weights
  /// of the output map; without `hasBias` the maps add none.
  public init(
    in scope: ParameterScope, size: Int, heads: AttentionHeads, hasBias: Bool = true,
    dropout: Double, outputGain: Float = 1
  ) {
    self.heads = heads
    self.dropout = dropout
    let gain: Float = Float(0.5).squareRoot()
    query = Linear(
      in: scope["query"], inputSize: size, outputSize: heads.columns, hasBias: hasBias,
      initializer: .xavierUniform(gain: gain))
    memory = Linear(
      in: scope["memory"], inputSize: size, outputSize: 2 * heads.columns, hasBias: hasBias,
      initializer: .xavierUniform(gain: gain, blocks: 2))
    output = Linear(
      in: scope["output"], inputSize: heads.columns, outputSize: size, hasBias: hasBias,
      initializer: .xavierUniform(gain: outputGain))
  }

  /// Lets the tokens of each sequence attend to all of the memory's sequence of the same number.
  public func callAsFunction(_ x: Tensor, memory: Tensor) -> Tensor {
    attend(query(x), self.memory(memory))
  }

  /// The same, and the weights of the first head before dropout as a tensor that gradients flow
  /// through.
  public func withWeights(_ x: Tensor, memory: Tensor) -> (Tensor, SourceWeights) {
    let (queries, projected) = (query(x), self.memory(memory))
    let weights = dotWeights(
      queries: queries.slice(0, size: heads.size), keys: projected.slice(0, size: heads.size),
      scale: heads.scale)
    return (attend(queries, projected), weights)
  }

  private func attend(_ queries: Tensor, _ projected: Tensor) -> Tensor {
    let (context, _) = attention(
      queries: queries.slice(0, size: heads.columns), keys: projected.slice(0, size: heads.columns),
      values: projected.slice(heads.columns, size: heads.columns), headCount: heads.count,
      scale: heads.scale, dropout: dropout)
    return output(context)
  }

  /// The keys and values of all memories, for ``step(_:projected:sequence:)``.
  ///
  /// - Precondition: A ragged memory, in a context in inference mode.
  public func projected(_ memory: Tensor) -> SequencePages {
    SequencePages(self.memory(memory), headCount: heads.count, headSize: heads.size)
  }

  /// One step of decoding: every row attends to the memory of its own sequence.
  ///
  /// `projected` is what ``projected(_:)`` gives, computed once; `sequence` says for every row which of
  /// the memories is its own.
  ///
  /// - Shapes: `x` has one row per hypothesis, `[rows, size]`, and so has the result.
  /// - Precondition: A context in inference mode.
  public func step(_ x: Tensor, projected: SequencePages, sequence: [Int]) -> Tensor {
    output(
      x.context.attentionStep(
        queries: query(x).slice(0, size: heads.columns), headCount: heads.count, scale: heads.scale
      ) { row, pages in projected.collect(sequence[row], into: &pages) })
  }
}
