/// Forbids EOS as long as a target is shorter than its minimum, or than the most tokens it may have if
/// these are fewer.
struct MinimumLength: ScoreProcessor {
  private let minimum: LengthLimit
  /// EOS, as the list that forbids it.
  private let endTokens: [Int32]

  /// The rule as a list, empty where it demands nothing.
  static func rules(_ minimum: LengthLimit, endToken: Int32) -> [any ScoreProcessor] {
    minimum == 0 ? [] : [MinimumLength(minimum: minimum, endTokens: [endToken])]
  }

  func change(after hypothesis: PartialHypothesis) -> ScoreChange {
    let bound = min(
      minimum.tokenCount(sourceLength: hypothesis.sourceLength), hypothesis.maximumLength)
    return hypothesis.length < bound ? .forbid(endTokens) : .none
  }
}
