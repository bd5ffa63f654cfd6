/// Forbids EOS as long as a target is shorter than its minimum; a lower maximum wins.
struct MinimumLength: ScoreProcessor {
  let minimum: LengthLimit
  let maximum: LengthLimit
  let endToken: Int32

  func change(after hypothesis: PartialHypothesis) -> ScoreChange {
    let bound = min(
      minimum.tokenCount(sourceLength: hypothesis.sourceLength),
      maximum.tokenCount(sourceLength: hypothesis.sourceLength))
    return hypothesis.length < bound ? .forbid([endToken]) : .none
  }
}
