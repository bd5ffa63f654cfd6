/// Keeps sequences of tokens out of targets; a sequence of one is a forbidden token.
///
/// A phrase is recognised by its tokens: the same text cut into other tokens is another phrase.
public struct ForbiddenPhrases: ScoreProcessor {
  /// Tokens that never come.
  private let tokens: [Int32]
  /// Phrases of two tokens and more: what comes before the last token, and that.
  private let phrases: [(start: [Int32], last: Int32)]
  private let longestStart: Int

  /// Forbids phrases; empty ones are passed over.
  public init(_ phrases: [[Int32]]) {
    tokens = Set(phrases.filter { $0.count == 1 }.joined()).sorted()
    self.phrases = Set(phrases.filter { $0.count > 1 })
      .map { (start: Array($0.dropLast()), last: $0[$0.count - 1]) }
      .sorted { $0.last < $1.last }
    longestStart = self.phrases.map(\.start.count).max() ?? 0
  }

  /// Forbids every token, and the last of every phrase whose others have just been said.
  public func change(after hypothesis: PartialHypothesis) -> ScoreChange {
    guard !phrases.isEmpty else { return .forbid(tokens) }
    let said = hypothesis.lastTokens(longestStart)
    let completing = phrases.filter { phrase in
      said.count >= phrase.start.count && said.suffix(phrase.start.count) == phrase.start[...]
    }
    return .forbid(tokens + completing.map(\.last))
  }
}
