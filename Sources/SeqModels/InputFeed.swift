internal import SeqKernels
public import SeqTensors

/// What a decoder in training reads where it is not to read the gold token: the choice that tells
/// the training regimes between teacher forcing and free running apart.
///
/// A target row reads the token before its own. For some rows, its ``ownRows(of:)``, a feed puts
/// something of the model's own in the place of that token, made from what the model said at the
/// row before; all others read the gold token of ``TokenBatch/inputIDs``. Labels stay as they are,
/// EOS included.
///
/// A recurrent decoder asks step by step, for the own rows among those of a step. A decoder that
/// computes all positions at once asks once, after a first pass that reads gold tokens: see
/// `twoPassStates`.
public protocol InputFeed: Sendable {
  /// Whether a gradient flows through what it puts in place of gold tokens.
  var isDifferentiable: Bool { get }

  /// The target rows that read something of the model's own, ascending.
  ///
  /// Never the first of a sentence, which reads BOS. The answer for a sentence depends on no other.
  func ownRows(of batch: TokenBatch) -> [Int]

  /// What some of the own rows read.
  ///
  /// `rows` are ascending; the i-th row of `logits`, `[rows, vocabulary]`, is what the model said at
  /// target row `rows[i] − 1`.
  func inputs(rows: [Int], of batch: TokenBatch, logits: Tensor) -> OwnInputs
}

/// What rows read that do not read the gold token.
public enum OwnInputs {
  /// A token each.
  case tokens([Int32])
  /// A distribution over the vocabulary each, `[rows, vocabulary]`: its expected embedding.
  case mixtures(Tensor)
}

/// What the decoder reads at some target rows: tokens, and mixtures where there are any.
public struct DecoderInputs {
  /// A token for every row; without effect where a mixture stands.
  public var tokens: [Int32]
  /// The rows that read a mixture.
  public var mixture: EmbeddingMixture?

  /// Tokens alone.
  public init(_ tokens: [Int32]) { self.tokens = tokens }

  /// Tokens with something of the model's own at some places of them, ascending.
  public init(_ tokens: [Int32], replacing places: [Int], by own: OwnInputs) {
    self.tokens = tokens
    switch own {
    case .tokens(let own):
      require(
        own.count == places.count,
        "decoder inputs: \(own.count) tokens for \(places.count) places")
      for (place, token) in zip(places, own) { self.tokens[place] = token }
    case .mixtures(let weights):
      mixture = EmbeddingMixture(weights: weights, rows: places)
    }
  }
}

/// The last states of a decoder that computes all positions at once, when a feed decides what it
/// reads: a first pass reads gold tokens, the second what the feed makes of the first's logits.
///
/// The first pass draws its dropout apart, and is recorded only where a gradient flows through what
/// the feed makes. Where a batch has no own rows it is left out: teacher forcing, bit for bit.
///
/// - Parameters:
///   - batch: What is computed.
///   - feed: Decides; nil is teacher forcing.
///   - context: Of the computation.
///   - logits: The model's vocabulary projection of last states.
///   - decode: The decoder over all target rows.
/// - Returns: The last states, `[target tokens, size]`.
/// - SeeAlso: Mihaylova & Martins 2019, arXiv:1906.07651.
func twoPassStates(
  of batch: TokenBatch, feed: (any InputFeed)?, in context: Context,
  logits: (Tensor) -> Tensor, decode: (DecoderInputs) -> Tensor
) -> Tensor {
  let gold = DecoderInputs(batch.inputIDs)
  guard let feed else { return decode(gold) }
  let rows = feed.ownRows(of: batch)
  guard !rows.isEmpty else { return decode(gold) }
  let own = context.aside(recording: feed.isDifferentiable) {
    let before = decode(gold).gatheredRows(rows.map { $0 - 1 })
    return feed.inputs(rows: rows, of: batch, logits: logits(before))
  }
  return decode(DecoderInputs(batch.inputIDs, replacing: rows, by: own))
}
