internal import SeqModels

extension Examination {
  /// Rule 3: what the decoder reads at t + 1 and later has no part in what it says at t.
  func examineFuture(into notes: inout RuleNotes) throws {
    let longest = sample.inputs.map(\.count).max() ?? 1
    // All of a few positions, four or five of many.
    let positions = Array(stride(from: 1, to: longest, by: max(1, longest / 4)))
    let perturbations = positions.map { changed in
      Perturbation(
        batch: sample.changed(batch, .target) { place, length in
          place.position == changed && place.position < length
        },
        places: sample.places(.target).filter {
          $0.position < changed && sample.inputs[$0.sentence].count > changed
        }, change: "another input at position \(changed)")
    }
    let steps = try leaks(of: perturbations, at: positions)
    try checkPerturbations(
      perturbations, subject: "other later inputs",
      expected: "no change before that position",
      hint: { _, _ in
        steps == [1]
          ? "the causal mask is shifted by one: a query must see keys up to its own position, "
            + "no further"
          : "the causal mask of decoder self-attention is missing or inverted, or something "
            + "averages over the whole target"
      }, into: &notes)
    checkGradients(
      .target, subject: "their gradient",
      hint: "the causal mask of decoder self-attention lets the future through", into: &notes
    ) { target, embedded in
      embedded.sentence == target.sentence && embedded.position > target.position
    }
    _ = checkWeights(
      .decoder, subject: "decoder weights on them",
      hint: "the causal mask of this layer is missing, shifted or inverted", into: &notes
    ) { query, key, _ in key > query }
    checkEffect(.target, into: &notes)
  }

  /// By how many positions the future leaks from those that are changed: in the first layer where it
  /// does, since a second one adds to it, or in the result.
  private func leaks(
    of perturbations: [Perturbation], at positions: [Int]
  ) throws -> Set<Int> {
    var found: [String: Set<Int>] = [:]
    let before = try answers.states(batch)?.filter { $0.side == .target } ?? []
    let result = LayerStates(name: "", side: .target, values: base)
    for (changed, perturbation) in zip(positions, perturbations) {
      let after = try answers.states(perturbation.batch)?.filter { $0.side == .target } ?? []
      let other = LayerStates(
        name: "", side: .target, values: try answers.logProbabilities(perturbation.batch))
      for (a, b) in zip(before + [result], after + [other]) {
        let bound = options.rounding * largestFinite(a.values, at: perturbation.places)
        for place in perturbation.places
        where Comparison(a.values, b.values, at: [(place, place)], bound: bound).first != nil {
          found[a.name, default: []].insert(changed - place.position)
        }
      }
    }
    return (before.map(\.name) + [""]).lazy.compactMap { found[$0] }.first ?? []
  }
}
