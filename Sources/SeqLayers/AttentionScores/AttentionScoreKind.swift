internal import SeqKernels
public import SeqTensors

/// The attention scores that a configuration can name.
public enum AttentionScoreKind: String, Codable, CaseIterable, Sendable, Hashable {
  /// ``DotScore``.
  case dot
  /// ``GeneralScore``.
  case general
  /// ``ConcatScore``.
  case concat
  /// ``AdditiveScore``.
  case additive
  /// ``ScaledDotScore``.
  case scaledDot = "scaled_dot"
  /// ``MultiHeadScore``.
  case multiHead = "multi_head"

  /// Makes the layer, whose parameters take their names from the scope.
  ///
  /// - Parameters:
  ///   - scope: Where its parameters are named.
  ///   - querySize: Columns of the queries: the decoder's hidden size.
  ///   - memorySize: Columns of the memory: twice the hidden size of a bidirectional encoder.
  ///   - size: Columns of what queries and memory are projected to; dot and general have none.
  ///   - headCount: For multi-head attention.
  ///   - dropout: Rate on the weights, 0–1.
  /// - Returns: The layer.
  /// - Precondition: ``problem(querySize:memorySize:size:headCount:)`` finds nothing.
  public func layer(
    in scope: ParameterScope, querySize: Int, memorySize: Int, size: Int, headCount: Int = 1,
    dropout: Double = 0
  ) -> any AttentionScore {
    let problem = problem(
      querySize: querySize, memorySize: memorySize, size: size, headCount: headCount)
    require(problem == nil, problem ?? "")
    switch self {
    case .dot: return DotScore(size: memorySize, dropout: dropout)
    case .general:
      return GeneralScore(
        in: scope, querySize: querySize, memorySize: memorySize, dropout: dropout)
    case .concat:
      return ConcatScore(
        in: scope, querySize: querySize, memorySize: memorySize, size: size, dropout: dropout)
    case .additive:
      return AdditiveScore(
        in: scope, querySize: querySize, memorySize: memorySize, size: size, dropout: dropout)
    case .scaledDot:
      return ScaledDotScore(
        in: scope, querySize: querySize, memorySize: memorySize, size: size, dropout: dropout)
    case .multiHead:
      return MultiHeadScore(
        in: scope, querySize: querySize, memorySize: memorySize, size: size,
        headCount: headCount, dropout: dropout)
    }
  }

  /// Why no such layer can be made of these sizes, in words; nil where one can.
  public func problem(querySize: Int, memorySize: Int, size: Int, headCount: Int = 1) -> String? {
    switch self {
    case .dot where querySize != memorySize:
      "dot attention compares decoder states of \(querySize) columns with a memory of "
        + "\(memorySize), which must be the same; general attention takes any two sizes"
    case .concat, .additive, .scaledDot, .multiHead:
      if size < 1 {
        "\(rawValue) attention needs a size of at least 1, not \(size)"
      } else if self == .multiHead && (headCount < 1 || size % headCount != 0) {
        "multi_head attention: \(headCount) heads do not divide a size of \(size)"
      } else {
        nil
      }
    case .dot, .general: nil
    }
  }
}
