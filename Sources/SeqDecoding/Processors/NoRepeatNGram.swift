internal import SeqKernels

/// Forbids every token that would say a sequence of `size` tokens a second time in a target.
///
/// - SeeAlso: Paulus, Xiong & Socher 2017, arXiv:1705.04304, §2.5, with trigrams.
public struct NoRepeatNGram: ScoreProcessor {
  /// Tokens of the sequences that come at most once; with 1 no token comes twice.
  public let size: Int

  /// A rule against sequences of this many tokens.
  ///
  /// - Precondition: `size` is positive.
  public init(size: Int) {
    require(size > 0, "no repeated n-gram: \(size) tokens, expected 1 or more")
    self.size = size
  }

  /// Forbids what followed, earlier in the target, the tokens that were said last.
  public func change(after hypothesis: PartialHypothesis) -> ScoreChange {
    guard hypothesis.length >= size else { return .none }
    let tokens = hypothesis.tokens
    let context = tokens.suffix(size - 1)
    var forbidden: Set<Int32> = []
    for start in 0...(tokens.count - size)
    where tokens[start..<start + size - 1].elementsEqual(context) {
      forbidden.insert(tokens[start + size - 1])
    }
    return forbidden.isEmpty ? .none : .forbid(forbidden.sorted())
  }
}
