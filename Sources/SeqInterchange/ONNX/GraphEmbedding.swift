internal import Foundation
internal import SeqModels

/// Token ids to the vectors that a stack of a Transformer starts from, in a graph.
struct GraphEmbedding {
  let graph: GraphBuilder
  let configuration: TransformerConfiguration
  let side: GraphSide
  let tying: EmbeddingTying

  private var stack: String { side == .source ? "encoder" : "decoder" }

  /// `[batch, length]` → `[batch, length, size]`, the ids standing at `positions`, `[length]`.
  func callAsFunction(_ ids: GraphValue, at positions: GraphValue) -> GraphValue {
    let conventions = configuration.conventions
    let size = configuration.embeddingSize
    var x = graph.gather(graph.embeddings(side, tying), ids)
    if conventions.scaledEmbeddings { x = graph.multiply(x, Float(size).squareRoot()) }
    switch configuration.positions {
    case .shaw, .t5, .disentangled, .rotary, .alibi: break
    case .learned:
      let offset = conventions.positionOffset
      let rows = offset == 0 ? positions : graph.add(positions, graph.constant(offset))
      x = graph.add(x, graph.gather(graph.parameter("\(stack).positions.weight"), rows))
    case .sinusoidal, .paperSinusoidal:
      let half = size / 2
      let divisor =
        configuration.positions == .paperSinusoidal ? max(half, 1) : max(half - 1, 1)
      let frequencies = (0..<half).map { pow(10_000, -Double($0) / Double(divisor)) }
      let waves = graph.waves(positions, frequencies, name: "\(stack).frequencies")
      x = graph.add(x, graph.joined([waves.sines, waves.cosines], axis: -1))
    }
    guard conventions.embeddingNorm else { return x }
    return graph.norm(
      x, "\(stack).embedding_norm", configuration.normType, epsilon: conventions.normEpsilon)
  }
}
