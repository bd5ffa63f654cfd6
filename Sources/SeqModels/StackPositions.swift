internal import SeqLayers
package import SeqTensors

/// How the self-attentions of one stack tell positions apart: what its layers share, and what each
/// has for itself.
struct StackPositions: Sendable {
  private let configuration: TransformerConfiguration
  private let twoSided: Bool
  private let buckets: DistanceBuckets?
  /// What all layers use, named `relative_positions` in the scope of the stack.
  private let table: Parameter?

  /// Names what layers share.
  ///
  /// An encoder is `twoSided`: its buckets and slopes tell the future apart from the past.
  init(
    in scope: ParameterScope, _ configuration: TransformerConfiguration, twoSided: Bool
  ) {
    self.configuration = configuration
    self.twoSided = twoSided
    let buckets = configuration.buckets(twoSided: twoSided)
    self.buckets = buckets
    let size = configuration.embeddingSize
    func shared(_ columns: Int, deviation: Float) -> Parameter? {
      buckets.map {
        scope["relative_positions"].parameter(
          "weight", [$0.count, columns], .normal(deviation: deviation), keepsPrecision: true)
      }
    }
    switch configuration.positions {
    case .t5: table = shared(configuration.headCount, deviation: 1 / Float(size).squareRoot())
    case .disentangled: table = shared(size, deviation: 0.02)
    case .sinusoidal, .paperSinusoidal, .learned, .shaw, .rotary, .alibi: table = nil
    }
  }

  /// How one layer does it, with parameters of its own in the scope of its self-attention.
  func layer(in scope: ParameterScope) -> AttentionPositions {
    let headSize = configuration.columnsPerHead
    switch (configuration.positions, buckets, table) {
    case (.rotary, _, _): return .rotary(RotaryPositions(headSize: headSize))
    case (.alibi, _, _):
      return .slopes(configuration.slopes(twoSided: twoSided))
    case (.t5, let buckets?, let table?): return .biases(table, buckets)
    case (.shaw, let buckets?, _):
      let table = scope["relative_positions"].parameter(
        "weight", [buckets.count, headSize], .xavierUniform(), keepsPrecision: true)
      return .keys(table, buckets)
    case (.disentangled, _, let table?):
      return .disentangled(
        DisentangledPositions(
          in: scope, table: table, columns: configuration.headCount * headSize,
          hasBias: configuration.conventions.linearBias))
    default: return .none
    }
  }
}

extension TransformerConfiguration {
  /// By how much scores fall with the distance where positions are slopes.
  package func slopes(twoSided: Bool) -> DistanceSlopes {
    twoSided ? .twoSided(headCount: headCount) : .causal(headCount: headCount)
  }

  /// The distances that are told apart; nil where positions know no buckets.
  package func buckets(twoSided: Bool) -> DistanceBuckets? {
    switch positions {
    case .shaw: .clipped(maximum: distanceLimit)
    case .t5: .logarithmic(count: bucketLimit, maximum: distanceLimit, twoSided: twoSided)
    case .disentangled: .spanned(distanceLimit)
    case .sinusoidal, .paperSinusoidal, .learned, .rotary, .alibi: nil
    }
  }
}
