internal import SeqModels

extension Examination {
  /// The same sentences in another batch.
  private struct Company {
    let batch: ExaminedBatch
    /// For every row of ``batch`` the sentence of the sample, or nil for a stranger.
    let sentences: [Int?]
    let change: String
    let hint: String
  }

  /// Rule 2: a sentence's numbers are its own, whatever batch it sits in.
  func examineBatches(into notes: inout RuleNotes) throws {
    var (count, largest) = (0, Float(0))
    var findings: [RuleReport.Finding] = []
    for company in companies {
      let other = try answers.logProbabilities(company.batch)
      func pairs(_ side: BatchSide) -> [(BatchPlace, BatchPlace)] {
        let places = sample.places(side)
        return company.sentences.enumerated().flatMap { row, sentence in
          places.filter { $0.sentence == sentence }.map {
            ($0, BatchPlace(sentence: row, position: $0.position))
          }
        }
      }
      let comparison = Comparison(base, other, at: pairs(.target), bound: otherShapeBound)
      count += comparison.count
      largest = max(largest, comparison.largest)
      guard let first = comparison.first else { continue }
      let layer = try firstLayer(
        differingBetween: batch, and: company.batch, share: otherShapeBound / scale, at: pairs)
      let place = layer?.place ?? first.place
      findings.append(
        RuleReport.Finding(
          layer: layer?.layer, sentence: place.sentence, position: place.position,
          found: "\(company.change) changes a log-probability by "
            + "\(shortNumber(first.difference))",
          expected: "no change but rounding", hint: company.hint))
    }
    notes.check(
      (room > 0 ? "other padding, order and company, and " : "") + "each sentence alone",
      comparisons: count, largest: largest, bound: otherShapeBound, findings)
    for side in BatchSide.allCases {
      checkEffect(side, observed: largest, hasGradients: false, into: &notes)
    }
  }

  private var companies: [Company] {
    let all = Array(0..<sample.count)
    let (reversed, rotated) = (Array(all.reversed()), all.map { ($0 + 2) % all.count })
    let padding =
      "positions counted from the padded end, a mean or a normalisation over padding, or a "
      + "mask that does not reach it"
    let others =
      "something is computed over the batch: batch normalisation, or a mask or position of "
      + "the wrong row"
    let alone = all.map { sentence in
      Company(
        batch: sample.chosen([sentence]).batch(room: 0), sentences: [sentence],
        change: "a batch of its own", hint: "\(padding); or \(others)")
    }
    // Long sentences, behind which there is no room, had company in the first batch.
    guard room > 0 else { return alone }
    return [
      Company(
        batch: sample.batch(room: 2 * room), sentences: all, change: "more padding", hint: padding),
      Company(
        batch: sample.batch(room: 0), sentences: all, change: "less padding", hint: padding),
      Company(
        batch: sample.chosen(reversed).batch(room: room), sentences: reversed,
        change: "the reverse order", hint: others),
      Company(
        batch: sample.chosen(rotated).batch(room: room), sentences: rotated,
        change: "another order", hint: others),
      Company(
        batch: sample.chosen([1, 3, 4]).joined(strangers).batch(room: room),
        sentences: [1, 3, 4] + strangers.sources.map { _ in nil },
        change: "other company", hint: others),
      Company(
        batch: sample.joined(strangers).batch(room: room),
        sentences: all + strangers.sources.map { _ in nil }, change: "a larger batch",
        hint: others),
    ] + alone
  }
}
