internal import SeqKernels
public import SeqTensors

/// One vector of every sequence: what a trained query, the same for all, finds in it.
///
/// Each head weighs the rows in its own way, so that one may look for names and another for figures.
///
/// - Shapes: `[tokens, size]` → `[sequences, size]`, ragged both; a sequence has one row of the result, so
///   none may be without a token.
/// - SeeAlso: Yang et al. 2016, "Hierarchical attention networks", N16-1174, §2.2, whose context vector the
///   query is; with heads Liu & Lapata 2019, arXiv:1905.13164, §3.2.
public struct AttentionPooling: Sendable {
  /// What is asked of every sequence, `[1, size]`.
  public let question: Parameter
  /// The attention of the question to a sequence.
  public let attention: CrossAttention

  /// Names its parameters `question`, and those of its attention `query`, `memory` and `output`.
  ///
  /// `hasBias` says whether the maps of its attention add biases.
  public init(
    in scope: ParameterScope, size: Int, heads: AttentionHeads, hasBias: Bool = true,
    dropout: Double
  ) {
    // Keys are about as large: heads begin by looking at different rows, a little.
    question = scope.parameter("question", [1, size], .normal(deviation: 1), keepsPrecision: true)
    attention = CrossAttention(
      in: scope, size: size, heads: heads, hasBias: hasBias, dropout: dropout)
  }

  /// Pools every sequence by itself.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard let sequences = x.sequences else {
      requirementFailure("attention pooling: \(x.shape), not ragged with its sequences")
    }
    return attention(
      x.context.tensor(question).repeatedRows(forEach: sequences), memory: x)
  }
}
