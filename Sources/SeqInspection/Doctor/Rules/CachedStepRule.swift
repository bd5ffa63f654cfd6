internal import SeqModels

extension Examination {
  /// Rule 10: computing position by position, with what is kept between steps, gives what computing
  /// all positions at once does.
  func examineCachedSteps(into notes: inout RuleNotes) throws {
    guard let cached = try answers.cachedLogProbabilities(batch) else {
      return notes.lacks("decoding step by step is not offered")
    }
    // The first position of any sentence comes first.
    let places = sample.places(.target).sorted {
      ($0.position, $0.sentence) < ($1.position, $1.sentence)
    }
    let comparison = Comparison(
      base, cached, at: places.map { ($0, $0) }, bound: otherShapeBound)
    notes.check(
      "step by step less all at once", comparisons: comparison.count,
      largest: comparison.largest, bound: otherShapeBound,
      comparison.first.map { first in
        [
          RuleReport.Finding(
            layer: nil, sentence: first.place.sentence, position: first.place.position,
            found: "a log-probability differs by \(shortNumber(first.difference)) from the full "
              + "forward pass",
            expected: "no difference but rounding", hint: Self.hint(position: first.place.position))
        ]
      } ?? [])
    checkEffect(.target, observed: comparison.largest, hasGradients: false, into: &notes)
  }

  private static func hint(position: Int) -> String {
    position == 0
      ? "the first step already differs: another start state, begin token or memory than in "
        + "training"
      : "right at first, wrong from here: the position is not counted on, a cache is stale, "
        + "overwritten or of another row, or the step sees too little of its past"
  }
}
