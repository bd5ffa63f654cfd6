internal import SeqModels

extension Examination {
  /// Rule 4: states of the encoder depend on what comes before and on what comes after.
  ///
  /// Log-probabilities cannot tell: a decoder that attends to all positions mixes what each of them
  /// saw. So it takes the encoder's states or the weights of its attention. Latents are states of no
  /// token: of them only this can be asked, that every token of the source counts. Where paragraphs are
  /// read alone, what connects them is asked for too.
  func examineBothWays(into notes: inout RuleNotes) throws {
    guard model.encoderReadsBothWays else {
      return notes.doesNotApply("the encoder is meant to read one way")
    }
    guard model.encoderKeepsTokens else { return checkEveryToken(into: &notes) }
    let layers = try answers.states(batch)?.filter { $0.side == .source }
    if let last = layers?.last { try checkStates(last, into: &notes) }
    let attention = attention?.filter { $0.kind == .encoder && $0.queryLengths == nil }
    for layer in attention ?? [] { checkWeights(of: layer, into: &notes) }
    if let end = model.paragraphEnd {
      for layer in attention ?? [] { checkBounds(of: layer, end: end, into: &notes) }
      if let last = layers?.last { try checkConnection(of: last, end: end, into: &notes) }
    }
    if layers?.isEmpty ?? true, attention?.isEmpty ?? true {
      notes.lacks("it takes the states of the encoder's layers or the weights of its attention")
    }
  }

  /// Changes one source token after the other and sees whether states before and after it change.
  private func checkStates(_ states: LayerStates, into notes: inout RuleNotes) throws {
    let places = sample.places(.source)
    let bound = options.rounding * largestFinite(states.values, at: places)
    // How much states before a changed token noticed of it, and how much those after it.
    var noticed = (before: Float(0), after: Float(0))
    var count = 0
    for changed in 0..<(sample.sources.map(\.count).max() ?? 0) {
      let other = try answers.states(
        sample.changed(batch, .source) { place, length in
          place.position == changed && place.position < length
        })
      guard let found = other?.last(where: { $0.side == .source }) else { continue }
      for place in places
      where place.position != changed && sample.sources[place.sentence].count > changed {
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
    let blind = [
      (noticed.before, "later"), (noticed.after, "earlier"),
    ].filter { !($0.0 > bound) }.map { $0.1 }
    // Within the window all is as without one.
    let isNarrow = model.encoderReach.map { $0 + 1 < (sample.sources.map(\.count).max() ?? 0) }
    notes.check(
      "change of states before and after another token"
        + (isNarrow == false ? ", none of them outside a window" : ""), comparisons: count,
      least: min(noticed.before, noticed.after), above: bound,
      blind.map { way in
        RuleReport.Finding(
          layer: states.name, sentence: nil, position: nil,
          found: "no state depends on a \(way) source token",
          expected: "states that depend on tokens on both sides",
          hint: Self.oneWayHint)
      })
  }

  /// Sees whether the log-probabilities of a sentence have a gradient with respect to each of its
  /// source tokens.
  private func checkEveryToken(into notes: inout RuleNotes) {
    guard let gradients else {
      notes.lacks("no state of the encoder belongs to a token, and gradients are not offered")
      return
    }
    var (count, least) = (0, Float.infinity)
    var findings: [RuleReport.Finding] = []
    for (target, gradient) in gradients {
      for position in sample.sources[target.sentence].indices {
        let place = BatchPlace(sentence: target.sentence, position: position)
        let row = gradient.sources[place]
        let size = row.reduce(Float(0)) { max($0, abs($1)) }
        count += row.count
        least = min(least, size)
        guard !(size > 0) else { continue }
        findings.append(
          RuleReport.Finding(
            layer: nil, sentence: place.sentence, position: place.position,
            found: "no log-probability depends on this source token",
            expected: "some weight on every token of the source",
            hint: "latents read a part of the source only: a mask hides more than padding"))
      }
    }
    notes.check(
      "gradient of every source token that latents read", comparisons: count, least: least,
      above: 0, findings)
  }

  private func checkWeights(of layer: LayerAttention, into notes: inout RuleNotes) {
    var sums = (earlier: Float(0), later: Float(0))
    var count = 0
    layer.weights.forEachWeight { sentence, _, query, key, weight in
      let length = batch.sources.lengths[sentence]
      guard query < length, key < length, query != key else { return }
      count += 1
      if key < query { sums.earlier += weight } else { sums.later += weight }
    }
    let blind = [(sums.earlier, "earlier"), (sums.later, "later")].filter { !($0.0 > 0) }
    notes.check(
      "weights on both sides", comparisons: count, least: min(sums.earlier, sums.later), above: 0,
      blind.map { _, way in
        RuleReport.Finding(
          layer: layer.name, sentence: nil, position: nil,
          found: "no weight on any \(way) source position", expected: "weights on both sides",
          hint: Self.oneWayHint)
      })
  }

  private static let oneWayHint =
    "the encoder has a causal mask, which only the decoder's self-attention needs; or its "
    + "recurrence reads one way"
}
