/// Forbids EOS as long as a target is shorter than its minimum; a lower maximum wins.
struct MinimumLength: ScoreProcessor {
  let minimum: LengthLimit
  let maximum: LengthLimit
  /// EOS, as the list that forbids it.
  private let endTokens: [Int32]

  init(minimum: LengthLimit, maximum: LengthLimit, endToken: Int32) {
    self.minimum = minimum
    self.maximum = maximum
    endTokens = [endToken]
  }

  /// The rule as a list, empty where it demands nothing.
  static func rules(
    minimum: LengthLimit, maximum: LengthLimit, endToken: Int32
  ) -> [any ScoreProcessor] {
    minimum == 0 ? [] : [MinimumLength(minimum: minimum, maximum: maximum, endToken: endToken)]
  }

  func change(after hypothesis: PartialHypothesis) -> ScoreChange {
    let bound = min(
      minimum.tokenCount(sourceLength: hypothesis.sourceLength),
      maximum.tokenCount(sourceLength: hypothesis.sourceLength))
    return hypothesis.length < bound ? .forbid(endTokens) : .none
  }
}
