internal import SeqModels

internal import enum SeqKernels.Precision

extension Examination {
  /// Rule 8: a source of nothing but padding, to which every attention has no key left, gives finite
  /// numbers in float32, bfloat16 and whatever else the model computes in.
  func examineMaskedRows(into notes: inout RuleNotes) throws {
    for precision in [Precision.float32, .bfloat16] where !model.precisions.contains(precision) {
      notes.lacks("\(precision.rawValue) is not offered")
    }
    for precision in model.precisions {
      // None, the first and the last of a batch, and one that is alone.
      let samples = [
        sample, sample.emptyingSource(0), sample.emptyingSource(sample.count - 1),
        sample.chosen([2]).emptyingSource(0),
      ]
      for var sample in samples {
        sample.precision = precision
        try checkFinite(sample, into: &notes)
      }
    }
    try checkLoss(into: &notes)
  }

  private func checkFinite(_ sample: SentenceSample, into notes: inout RuleNotes) throws {
    let precision = sample.precision
    let batch = sample.batch(room: room)
    let found = try answers.logProbabilities(batch)
    let places = sample.places(.target)
    // A token that never comes has −∞ for a log-probability everywhere.
    let never = Set(base[places[0]].indices.filter { base.values[$0] == -.infinity })
    func badCount(_ place: BatchPlace) -> Int {
      zip(base[places[0]].indices, found[place]).count { !$1.isFinite && !never.contains($0) }
    }
    let count = places.count * model.vocabularies.target
    let total = places.reduce(0) { $0 + badCount($1) }
    let subject = "numbers not finite in \(precision.rawValue)"
    guard let bad = places.first(where: { badCount($0) > 0 }) else {
      return notes.check(subject, comparisons: count, largest: 0.0, bound: 0.0, [])
    }
    let layer = try firstLayerNotFinite(batch, sample)
    let place = layer?.place ?? bad
    notes.check(
      subject, comparisons: count, largest: Double(total), bound: 0.0,
      [
        RuleReport.Finding(
          layer: layer?.name, sentence: place.sentence, position: place.position,
          found: "no finite number in \(precision.rawValue)"
            + (sample.sources[place.sentence].isEmpty ? " where the source has no token" : ""),
          expected: "finite numbers: attention to nothing gives zeros",
          hint:
            "softmax of a row of −∞ is 0/0; skip masked keys and give zeros where none is "
            + "left, or fill with a number that the type can hold"
        )
      ])
  }

  /// The first layer with something that is no finite number at a place that is no padding.
  private func firstLayerNotFinite(
    _ batch: ExaminedBatch, _ sample: SentenceSample
  ) throws -> (name: String, place: BatchPlace)? {
    for layer in try answers.states(batch) ?? [] {
      for place in sample.places(layer.side)
      where layer.values[place].contains(where: { !$0.isFinite }) {
        return (layer.name, place)
      }
    }
    return nil
  }

  private func checkLoss(into notes: inout RuleNotes) throws {
    let sample = sample.emptyingSource(0)
    let (sources, targets) = (
      sample.padded(sample.sources, room: room), sample.padded(sample.targets, room: room)
    )
    let hint = "a masked row is not finite forward or backward, or 0 · ∞ was taken as a gradient"
    if let loss = try model.loss(sources: sources, targets: targets) {
      notes.check(
        "of the loss", comparisons: 1, largest: loss.isFinite ? 0.0 : 1.0,
        bound: 0.0,
        loss.isFinite
          ? []
          : [
            RuleReport.Finding(
              layer: nil, sentence: 0, position: nil, found: "a loss of \(loss)",
              expected: "a finite loss", hint: hint)
          ])
    }
    if let gradients = try model.lossGradients(sources: sources, targets: targets) {
      let bad = gradients.keys.sorted().filter { name in
        gradients[name]?.contains { !$0.isFinite } ?? false
      }
      notes.check(
        "of its gradient", comparisons: gradients.values.reduce(0) { $0 + $1.count },
        largest: Double(gradients.values.joined().count { !$0.isFinite }), bound: 0.0,
        bad.map { name in
          RuleReport.Finding(
            layer: name, sentence: nil, position: nil, found: "a gradient that is not finite",
            expected: "finite gradients", hint: hint)
        })
    }
  }
}
