import Foundation
import SeqKernels
import SeqModels
import SeqTensors

/// A small encoder–decoder Transformer as it is written with padded tensors and masks made by hand:
/// every row of `[batch · length, size]` is computed, padding too.
struct PaddedTransformer {
  let fault: Fault?
  let store = ParameterStore(seed: 5)
  let sourceTable: Parameter
  let targetTable: Parameter
  let output: Parameter
  let encoder: [Block]
  let decoder: [Block]

  static let size = 16
  static let headCount = 2
  static let vocabularySize = 19

  /// The parameters of a layer; norms stand before its blocks.
  struct Block {
    let name: String
    let norms: [(weight: Parameter, bias: Parameter)]
    /// Queries, keys and values of self-attention, and its output.
    let own: (input: Parameter, output: Parameter)
    /// Queries; keys and values; output of cross-attention.
    let cross: (query: Parameter, memory: Parameter, output: Parameter)?
    let inner: Parameter
    let outer: Parameter

    init(_ scope: ParameterScope, name: String, hasCross: Bool) {
      let size = PaddedTransformer.size
      func matrix(_ name: String, _ rows: Int, _ columns: Int) -> Parameter {
        scope.parameter(name, [rows, columns], .xavierUniform())
      }
      self.name = name
      norms = (0..<3).map { index in
        (
          scope["norm"][index].parameter("weight", [size], .constant(1)),
          scope["norm"][index].parameter("bias", [size], .constant(0))
        )
      }
      own = (matrix("own_input", 3 * size, size), matrix("own_output", size, size))
      cross =
        hasCross
        ? (
          matrix("cross_query", size, size), matrix("cross_memory", 2 * size, size),
          matrix("cross_output", size, size)
        ) : nil
      inner = matrix("inner", 2 * size, size)
      outer = matrix("outer", size, 2 * size)
    }
  }

  /// `gain` multiplies the matrices of layers: with less than one, what layers do is faint.
  init(fault: Fault? = nil, gain: Float = 1) {
    self.fault = fault
    let root = store.root
    func table(_ name: String) -> Parameter {
      root.parameter(name, [Self.vocabularySize, Self.size], .normal(deviation: 0.25))
    }
    (sourceTable, targetTable, output) = (table("source"), table("target"), table("output"))
    encoder = (0..<2).map {
      Block(root["encoder"]["layers"][$0], name: "encoder.layers.\($0)", hasCross: false)
    }
    decoder = (0..<2).map {
      Block(root["decoder"]["layers"][$0], name: "decoder.layers.\($0)", hasCross: true)
    }
    guard gain != 1 else { return }
    for parameter in store.parameters
    where parameter.name.contains("layers") && parameter.shape.rank == 2 {
      parameter.assign(parameter.values.map { gain * $0 })
    }
  }

  // MARK: The whole

  /// The decoder's last states, `[batch · inputs.length, size]`.
  func states(
    sources: PaddedTokens, inputs: PaddedTokens, precision: Precision, in context: Context
  ) -> Tensor {
    let memory = memory(sources, in: context)
    return states(inputs, sources, memory, precision, in: context)
  }

  func memory(_ sources: PaddedTokens, in context: Context) -> Tensor {
    var x = embed(sources, sourceTable, in: context)
    for (index, block) in encoder.enumerated() {
      x = selfAttention(block, x, masks(sources) { sourceHides($0, $1, $2, index, sources) })
      x = feedForward(block, x)
      if fault == .batchStatistics, index == 0 { x = x - meanRows(x) }
      x.captured(as: block.name)
    }
    return x
  }

  private func states(
    _ inputs: PaddedTokens, _ sources: PaddedTokens, _ memory: Tensor, _ precision: Precision,
    in context: Context
  ) -> Tensor {
    var x = embed(inputs, targetTable, in: context)
    for (index, block) in decoder.enumerated() {
      x = selfAttention(block, x, masks(inputs) { targetHides($0, $1, $2, index, inputs) })
      x = crossAttention(block, x, memory, layer: index, sources, length: inputs.length)
      x = feedForward(block, x)
      if index == 1 { x = spoiled(x, sources, inputs.length, precision) }
      x.captured(as: block.name)
    }
    return x
  }

  // MARK: Masks

  private func sourceHides(
    _ sentence: Int, _ query: Int, _ key: Int, _ layer: Int, _ sources: PaddedTokens
  ) -> Bool {
    if fault == .encoderCausal, layer == 1, key > query { return true }
    return key >= sources.lengths[sentence] && !(fault == .sourceMaskDropped && layer == 0)
  }

  private func targetHides(
    _ sentence: Int, _ query: Int, _ key: Int, _ layer: Int, _ inputs: PaddedTokens
  ) -> Bool {
    let isFuture: Bool
    switch fault {
    case .causalMaskShifted: isFuture = key > query + 1
    case .causalMaskDropped: isFuture = layer == 0 && key > query
    case .causalMaskTooSmall: isFuture = key > query && query < 16
    default: isFuture = key > query
    }
    return isFuture || key >= inputs.lengths[sentence]
  }

  private func memoryHides(
    _ sentence: Int, _ key: Int, _ layer: Int, _ sources: PaddedTokens
  ) -> Bool {
    let isPadding = key >= sources.lengths[sentence]
    switch fault {
    case .memoryMaskDropped where layer == 1, .maskedAfterSoftmax where layer == 1: return false
    case .memoryMaskInverted where layer == 0: return !isPadding
    default: return isPadding
    }
  }

  private func masks(
    _ tokens: PaddedTokens, _ hides: (_ sentence: Int, _ query: Int, _ key: Int) -> Bool
  ) -> AttentionMask {
    .hidden(
      each: tokens.lengths.indices.map { sentence in
        BooleanTensor(rows: tokens.length, columns: tokens.length) { hides(sentence, $0, $1) }
      })
  }

  // MARK: Parts

  private func embed(
    _ tokens: PaddedTokens, _ table: Parameter, in context: Context
  ) -> Tensor {
    let rows = Sequences(lengths: tokens.lengths.map { _ in tokens.length })
    let places = (0..<tokens.length).map { position in
      fault == .positionsFromTheEnd ? tokens.length - 1 - position : position
    }
    return embed(tokens.ids, table, rows, positions: places, in: context)
  }

  func embed(
    _ ids: [Int32], _ table: Parameter, _ rows: Sequences, positions: [Int], in context: Context
  ) -> Tensor {
    var values: [Float] = []
    for _ in rows.lengths {
      for position in positions {
        for column in 0..<Self.size {
          // Sines in even columns, cosines in odd ones.
          let angle = Double(position) * pow(100, -Double(column / 2) / 8)
          values.append(Float(column % 2 == 0 ? sin(angle) : cos(angle)))
        }
      }
    }
    let table = context.embed(ids, in: table, sequences: rows, scale: 4)
    return table + context.tensor(values, shape: table.shape, sequences: rows)
  }

  func norm(_ block: Block, _ index: Int, _ x: Tensor) -> Tensor {
    x.layerNorm(weight: block.norms[index].weight, bias: block.norms[index].bias)
  }

  private func selfAttention(_ block: Block, _ x: Tensor, _ mask: AttentionMask) -> Tensor {
    let size = Self.size
    let projected = norm(block, 0, x).linear(weight: block.own.input)
    let (found, _) = attention(
      queries: projected.slice(0, size: size), keys: projected.slice(size, size: size),
      values: projected.slice(2 * size, size: size), headCount: Self.headCount, mask: mask)
    return x + found.linear(weight: block.own.output)
  }

  func crossAttention(
    _ block: Block, _ x: Tensor, _ memory: Tensor, layer: Int, _ sources: PaddedTokens, length: Int
  ) -> Tensor {
    guard let cross = block.cross else { return x }
    let size = Self.size
    var projected = memory.linear(weight: cross.memory)
    if fault == .maskedAfterSoftmax, layer == 1 {
      // Weights of hidden keys are taken away when the softmax has been taken.
      let kept = sources.lengths.flatMap { count in
        (0..<sources.length).flatMap { key in
          (0..<2 * size).map { Float($0 < size || key < count ? 1 : 0) }
        }
      }
      projected =
        projected
        * memory.context.tensor(kept, shape: projected.shape, sequences: projected.sequences)
    }
    let mask = AttentionMask.hidden(
      each: sources.lengths.indices.map { sentence in
        BooleanTensor(rows: length, columns: sources.length) {
          memoryHides(sentence, $1, layer, sources)
        }
      })
    let (found, _) = attention(
      queries: norm(block, 1, x).linear(weight: cross.query).slice(0, size: size),
      keys: projected.slice(0, size: size), values: projected.slice(size, size: size),
      headCount: Self.headCount, mask: mask)
    return x + found.linear(weight: cross.output)
  }

  func feedForward(_ block: Block, _ x: Tensor) -> Tensor {
    x + norm(block, 2, x).linear(weight: block.inner).relu().linear(weight: block.outer)
  }

  /// What a softmax over −∞ alone leaves: 0/0.
  func spoiled(
    _ x: Tensor, _ sources: PaddedTokens, _ length: Int, _ precision: Precision
  ) -> Tensor {
    guard
      fault == .infiniteRow && precision == .float32
        || fault == .infiniteRowInBFloat16 && precision == .bfloat16
    else { return x }
    let values = sources.lengths.flatMap { count in
      [Float](repeating: count == 0 ? .nan : 0, count: length * Self.size)
    }
    return x + x.context.tensor(values, shape: x.shape, sequences: x.sequences)
  }

  private func meanRows(_ x: Tensor) -> Tensor {
    let (rows, size, values) = (x.shape.rows, Self.size, x.values)
    let mean = (0..<size).map { column in
      (0..<rows).reduce(Float(0)) { $0 + values[$1 * size + column] } / Float(rows)
    }
    return x.context.tensor(
      (0..<rows).flatMap { _ in mean }, shape: x.shape, sequences: x.sequences)
  }
}
