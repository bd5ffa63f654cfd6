/// Makes a token certain at one place of every target: its log-probability there is 0, that of every
/// other token −∞.
///
/// Models that were trained with a token at the beginning that says, say, which language follows, or
/// that are to end in EOS when they may go no further, come with such demands. Other than a forced
/// prefix the token costs nothing, as in Hugging Face's transformers (`forced_bos_token_id`,
/// `forced_eos_token_id`).
public struct CertainToken: ScoreProcessor {
  /// Where a token is certain.
  public enum Place: Hashable, Sendable {
    /// As the first token.
    case first
    /// After as many tokens as a target may have: see ``PartialHypothesis/maximumLength``.
    case end
  }

  private let token: Int32
  private let place: Place

  /// Makes `token` certain at a place.
  ///
  /// - Precondition: The token is in the vocabulary.
  public init(_ token: Int32, at place: Place) {
    self.token = token
    self.place = place
  }

  /// Rewrites the row at that place, and leaves the others.
  public func change(after hypothesis: PartialHypothesis) -> ScoreChange {
    let length =
      switch place {
      case .first: 0
      case .end: hypothesis.maximumLength
      }
    guard hypothesis.length == length else { return .none }
    return .rewrite { [token] row in
      for other in row.indices { row[other] = other == Int(token) ? 0 : -.infinity }
    }
  }
}
