internal import SeqModels

// What rule 4 asks of an encoder that reads paragraphs alone: attention of tokens stays within them, and
// states of tokens know the others all the same.
extension Examination {
  /// Sees whether any weight of self-attention goes to another paragraph.
  func checkBounds(of layer: LayerAttention, end: Int32, into notes: inout RuleNotes) {
    let owners = sample.sources.map { ParagraphPlaces(of: $0, end: end).numbers }
    var count = 0
    var worst: (sentence: Int, query: Int, key: Int, weight: Float)?
    layer.weights.forEachWeight { sentence, _, query, key, weight in
      let own = owners[sentence]
      guard query < own.count, key < own.count, own[query] != own[key] else { return }
      count += 1
      let size = weight.isNaN ? .infinity : abs(weight)
      if size > worst?.weight ?? 0 { worst = (sentence, query, key, size) }
    }
    notes.check(
      "weights on other paragraphs", comparisons: count, largest: worst?.weight ?? 0, bound: 0,
      worst.map { worst in
        [
          RuleReport.Finding(
            layer: layer.name, sentence: worst.sentence, position: worst.query,
            found: "a weight of \(shortNumber(worst.weight)) on position \(worst.key), of another "
              + "paragraph",
            expected: "exactly 0: only layers among paragraphs connect them",
            hint: "the sequences of this layer are sources, not their paragraphs")
        ]
      } ?? [])
  }

  /// Changes one source token after the other, but for those that end paragraphs, and sees whether states
  /// in earlier and in later paragraphs change.
  func checkConnection(
    of states: LayerStates, end: Int32, into notes: inout RuleNotes
  ) throws {
    let owners = sample.sources.map { ParagraphPlaces(of: $0, end: end).numbers }
    let bound = options.rounding * largestFinite(states.values, at: sample.places(.source))
    var noticed = (before: Float(0), after: Float(0))
    var count = 0
    for changed in 0..<(owners.map(\.count).max() ?? 0) {
      let other = try answers.states(
        sample.changed(batch, .source) { place, length in
          place.position == changed && place.position < length
            && sample.sources[place.sentence][changed] != end
        })
      guard let found = other?.last(where: { $0.side == .source }) else { continue }
      for place in sample.places(.source) {
        let own = owners[place.sentence]
        guard own.indices.contains(changed), own[place.position] != own[changed],
          sample.sources[place.sentence][changed] != end
        else { continue }
        let comparison = Comparison(
          states.values, found.values, at: [(place, place)], bound: bound)
        count += comparison.count
        if place.position < changed {
          noticed.before = max(noticed.before, comparison.largest)
        } else {
          noticed.after = max(noticed.after, comparison.largest)
        }
      }
    }
    // Where positions are few, no source has two.
    guard count > 0 else { return }
    let blind = [
      (noticed.before, "later"), (noticed.after, "earlier"),
    ].filter { !($0.0 > bound) }.map { $0.1 }
    notes.check(
      "change of states in other paragraphs", comparisons: count,
      least: min(noticed.before, noticed.after), above: bound,
      blind.map { way in
        RuleReport.Finding(
          layer: states.name, sentence: nil, position: nil,
          found: "no state depends on a token of \(way) paragraphs",
          expected: "states that know the whole source",
          hint: "layers among paragraphs are missing, causal, or lead nowhere")
      })
  }
}
