internal import SeqModels

extension Examination {
  /// Rule 7: the loss is that of BOS and the target as input, the target and EOS as labels.
  ///
  /// The model's own log-probabilities say what that loss is. The batches have targets of one length
  /// each, so that padding, which rule 6 examines, plays no part.
  func examineShift(into notes: inout RuleNotes) throws {
    let lengths = [3, 1, 2].map { min($0, sample.targets.map(\.count).max() ?? 1) }
    let samples = try [[0, 2, 4, 5], [1, 3], [2]].enumerated().map { index, chosen in
      try LossSample(
        sample.chosen(chosen).targets(ofLength: lengths[index]), room: 0, answers)
    }
    var losses: [Double] = []
    for sample in samples {
      guard let loss = try model.loss(sources: sample.sources, targets: sample.targets) else {
        return notes.lacks("the loss is not offered")
      }
      losses.append(loss)
    }
    compare(losses, samples, into: &notes)
  }

  private func compare(
    _ losses: [Double], _ samples: [LossSample], into notes: inout RuleNotes
  ) {
    let tokens = LabelTokens(model)
    /// How far a reading is from the losses found, relative to their size.
    func distance(_ reading: LossReading) -> Double {
      zip(losses, samples).reduce(0) { worst, pair in
        let difference = abs(pair.1.loss(reading, tokens) - pair.0) / max(1, abs(pair.0))
        return difference.isNaN ? .infinity : max(worst, difference)
      }
    }
    let bound = Double(options.tolerance)
    // Without padding, these are no mistakes.
    let readings = LossReading.all.filter {
      $0.labels != .withPadding && $0.reduction != .perPosition
    }
    let right = readings.filter(\.isRight).map(distance).min() ?? .infinity
    let mistakes = readings.filter { !$0.isRight && distance($0) <= bound }
    var findings: [RuleReport.Finding] = []
    if right > bound {
      let expected = samples[0].loss(LossReading.all[0], tokens)
      findings.append(
        RuleReport.Finding(
          layer: "loss", sentence: nil, position: nil,
          found: mistakes.first.map { "a loss as if \($0.mistake)" }
            ?? "a loss of \(losses[0]), which is no sum or mean over the labels",
          expected: "−Σ log p of the target and EOS, \(shortNumber(expected)) in a batch of "
            + "\(samples[0].targets.lengths.count), or a mean of it",
          hint: mistakes.isEmpty
            ? "leave out label smoothing and dropout; otherwise labels, or what the decoder "
              + "reads, are not the target's"
            : "the input is BOS and the target, the labels are the target and EOS, nothing cut off"
        ))
    } else if let mistake = mistakes.first {
      notes.lacks(
        "the model says too much the same everywhere: the loss also fits a mistake "
          + "(\(mistake.mistake))"
      )
    }
    notes.check(
      "the loss less −Σ log p of the labels", comparisons: losses.count,
      largest: right, bound: bound, findings)
  }
}
