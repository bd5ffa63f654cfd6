public import SeqTensors

/// The latents of a bottleneck: trained vectors, the same for every source, that read it in its
/// place.
///
///     var states = latents.start(source)          // [sources · count, size]
///     states = reads(states, memory: latents.memory(source))
///
/// Attention from so many latents to a source costs what the source is long, and attention among
/// latents nothing of that. Sources without a token are read like others, giving nothing.
///
/// - SeeAlso: Jaegle et al. 2021, "Perceiver", arXiv:2103.03206, §3.1; Perceiver IO, arXiv:2107.14795.
public struct LatentArray: Sendable {
  /// A row for every latent, `[count, size]`.
  public let vectors: Parameter
  /// Before the source is read, because nothing has normalised embeddings.
  public let sourceNorm: LayerNorm

  /// Names its parameters `weight` and `source_norm`.
  public init(
    in scope: ParameterScope, count: Int, size: Int, normType: LayerNorm.Kind, epsilon: Float = 1e-5
  ) {
    // As the paper has it: what latents have read soon outweighs what they started from.
    vectors = scope.parameter(
      "weight", [count, size], .normal(deviation: 0.02), keepsPrecision: true)
    sourceNorm = LayerNorm(in: scope["source_norm"], size: size, kind: normType, epsilon: epsilon)
  }

  /// The latents of every sequence before they have read anything, `[sequences · count, size]`.
  public func start(_ sequences: Sequences, in context: Context) -> Tensor {
    context.tensor(vectors).repeatedRows(forEach: sequences)
  }

  /// A source as latents read it, `[source tokens, size]`.
  public func memory(_ source: Tensor) -> Tensor { sourceNorm(source) }
}
