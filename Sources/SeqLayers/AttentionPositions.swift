public import SeqTensors

/// How self-attention itself tells positions apart.
public enum AttentionPositions: Sendable {
  /// It does not: positions are part of the embeddings, or of nothing.
  case none
  /// Queries and keys are turned by their positions.
  case rotary(RotaryPositions)
  /// Scores fall with the distance, a slope a head and side.
  case slopes(DistanceSlopes)
  /// A trained number for every bucket of distances and head, `[buckets, heads]`.
  case biases(Parameter, DistanceBuckets)
  /// A trained vector for every bucket, `[buckets, head size]`, that queries are multiplied by.
  case keys(Parameter, DistanceBuckets)
  /// Vectors for every bucket, mapped to keys and to queries of their own.
  case disentangled(DisentangledPositions)

  /// Whether distances add to scores, as ``relative(headSize:in:)`` gives it.
  public var addToScores: Bool {
    switch self {
    case .none, .rotary: false
    case .slopes, .biases, .keys, .disentangled: true
    }
  }

  /// What is added to scores; nil where nothing is.
  ///
  /// Computed from parameters: once for a forward pass, or once for all steps of a search.
  public func relative(headSize: Int, in context: Context) -> RelativePositions? {
    switch self {
    case .none, .rotary: nil
    case .slopes(let slopes): RelativePositions([.slopes(slopes)])
    case .biases(let parameter, let buckets):
      RelativePositions([.biases(context.tensor(parameter), buckets)])
    case .keys(let parameter, let buckets):
      RelativePositions([.queryProducts(context.tensor(parameter), buckets)])
    case .disentangled(let positions): positions.relative(headSize: headSize, in: context)
    }
  }
}

/// Disentangled attention: content to position and position to content beside content to content.
///
/// `score = (q·k + q·(W_k r) + k·(W_q r)) / √(3 · head size)` with the vector r of the bucket of the
/// pair's distance, for both products query minus key, as the reference implementation has it.
///
/// - SeeAlso: He et al. 2021, "DeBERTa", arXiv:2006.03654, §3.1.
public struct DisentangledPositions: Sendable {
  /// A vector for every bucket, `[2 · span, size]`; layers share it.
  public let table: Parameter
  /// The map of vectors to keys, without a bias.
  public let key: Linear
  /// The map of vectors to queries.
  public let query: Linear
  private let buckets: DistanceBuckets

  /// Names its maps `position_key` and `position_query`.
  ///
  /// `columns` are those of all heads together.
  ///
  /// - Precondition: The table has an even number of rows.
  public init(in scope: ParameterScope, table: Parameter, columns: Int, hasBias: Bool = true) {
    let size = table.shape[1]
    self.table = table
    buckets = .spanned(table.shape[0] / 2)
    key = Linear(in: scope["position_key"], inputSize: size, outputSize: columns, hasBias: false)
    query = Linear(
      in: scope["position_query"], inputSize: size, outputSize: columns, hasBias: hasBias)
  }

  func relative(headSize: Int, in context: Context) -> RelativePositions {
    let vectors = context.tensor(table)
    return RelativePositions(
      [.queryProducts(key(vectors), buckets), .keyProducts(query(vectors), buckets)],
      scale: 1 / Float(3 * headSize).squareRoot())
  }
}
