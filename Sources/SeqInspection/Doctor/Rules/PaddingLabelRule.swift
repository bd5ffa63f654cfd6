internal import SeqModels

extension Examination {
  /// Rule 6: neither the amount of padding nor the id that fills it changes the loss or the gradient
  /// of any parameter.
  func examinePaddingLabels(into notes: inout RuleNotes) throws {
    let base = try LossSample(sample, room: 0, answers)
    guard let loss = try model.loss(sources: base.sources, targets: base.targets) else {
      return notes.lacks("the loss is not offered")
    }
    let gradients = try model.lossGradients(sources: base.sources, targets: base.targets)
    if gradients == nil { notes.lacks("the gradients of the loss are not offered") }
    let roomy = try LossSample(sample, room: 2 * room, answers)
    let refilled = PaddedTokens(
      roomy.targets.ids.enumerated().map { index, id in
        index % roomy.targets.length < roomy.targets.lengths[index / roomy.targets.length]
          ? id : sample.targets[0][0]
      }, length: roomy.targets.length, lengths: roomy.targets.lengths)
    if explains(loss, base, roomy) {
      return notes.lacks(
        "padding changes log-probabilities, and so the loss of any labels: see rule 2")
    }
    try checkParts(loss, into: &notes)
    for (targets, change) in [(roomy.targets, "more padding"), (refilled, "another id as padding")]
    {
      try checkLoss(loss, roomy, targets, change, into: &notes)
      if let gradients { try checkGradients(gradients, roomy, targets, change, into: &notes) }
    }
  }

  /// Whether the right labels have another loss with more padding, and the model's loss is that.
  private func explains(_ loss: Double, _ base: LossSample, _ roomy: LossSample) -> Bool {
    let tokens = LabelTokens(model)
    return LossReading.all.filter(\.isRight).contains { reading in
      let (before, after) = (base.loss(reading, tokens), roomy.loss(reading, tokens))
      let bound = lossBound(loss)
      return abs(before - loss) <= bound && abs(after - before) > bound
    }
  }

  /// Checks that the loss of a padded batch is the sum or a mean of those of its sentences alone,
  /// which have no padding.
  private func checkParts(_ loss: Double, into notes: inout RuleNotes) throws {
    var parts: [(loss: Double, tokens: Double)] = []
    for index in 0..<sample.count {
      let alone = sample.chosen([index])
      let (sources, targets) = (
        alone.padded(alone.sources, room: 0), alone.padded(alone.targets, room: 0)
      )
      guard let part = try model.loss(sources: sources, targets: targets) else { return }
      parts.append((part, Double(alone.targets[0].count + 1)))
    }
    let sum = parts.reduce(0) { $0 + $1.loss }
    // The second mean is that of a loss without the last label, which rule 7 is to find wrong.
    let means = [0.0, 1.0].map { dropped in
      parts.reduce(0) { $0 + $1.loss * ($1.tokens - dropped) }
        / parts.reduce(0) { $0 + $1.tokens - dropped }
    }
    let difference = ([sum, sum / Double(parts.count)] + means).reduce(Double.infinity) {
      min($0, abs($1 - loss))
    }
    let bound = lossBound(loss)
    notes.check(
      "a batch less its sentences alone", comparisons: 1, largest: difference, bound: bound,
      difference <= bound
        ? []
        : [
          RuleReport.Finding(
            layer: "loss", sentence: nil, position: nil,
            found: "the loss of a batch, \(shortNumber(loss)), is neither the sum of those of its "
              + "sentences alone, \(shortNumber(sum)), nor a mean over them or their tokens",
            expected: "a sum or a mean in which padding has no part",
            hint: "padding is counted as a label, or in what the sum is divided by")
        ])
  }

  private func lossBound(_ loss: Double) -> Double {
    Double(options.tolerance) * max(1, abs(loss))
  }

  private func checkLoss(
    _ loss: Double, _ roomy: LossSample, _ targets: PaddedTokens, _ change: String,
    into notes: inout RuleNotes
  ) throws {
    guard let other = try model.loss(sources: roomy.sources, targets: targets) else { return }
    let bound = lossBound(loss)
    let difference = abs(other - loss)
    let agrees = difference <= bound
    // Which of the usual mistakes gives the number that was found?
    let tokens = LabelTokens(model)
    let mistake = LossReading.all.first { reading in
      !reading.isRight && abs(roomy.loss(reading, tokens) - other) <= bound
    }
    notes.check(
      "other padding, the loss", comparisons: 1,
      largest: difference.isNaN ? Double.infinity : difference, bound: bound,
      agrees
        ? []
        : [
          RuleReport.Finding(
            layer: "loss", sentence: nil, position: nil,
            found: "\(change) changes the loss from \(shortNumber(loss)) to \(shortNumber(other))",
            expected: "no change but rounding",
            hint: mistake.map { "exactly what comes out when \($0.mistake)" }
              ?? "padding is counted as a label, or in what the sum is divided by")
        ])
  }

  private func checkGradients(
    _ gradients: [String: [Float]], _ roomy: LossSample, _ targets: PaddedTokens,
    _ change: String, into notes: inout RuleNotes
  ) throws {
    guard let others = try model.lossGradients(sources: roomy.sources, targets: targets) else {
      return
    }
    let largestGradient = gradients.values.joined().reduce(Float(0)) {
      $1.isFinite ? max($0, abs($1)) : $0
    }
    // Sums over rows of other batches: ten times what one row's numbers may differ by.
    let bound = 10 * options.tolerance * largestGradient
    var (count, largest) = (0, Float(0))
    var worst: (name: String, difference: Float)?
    for (name, values) in gradients.sorted(by: { $0.key < $1.key }) {
      let other = others[name] ?? []
      count += values.count
      let difference =
        other.count == values.count
        ? zip(values, other).reduce(Float(0)) { max($0, Comparison.difference($1.0, $1.1)) }
        : Float.infinity
      largest = max(largest, difference)
      if difference > bound, difference > worst?.difference ?? 0 { worst = (name, difference) }
    }
    notes.check(
      "its gradient", comparisons: count, largest: largest, bound: bound,
      worst.map { worst in
        [
          RuleReport.Finding(
            layer: worst.name, sentence: nil, position: nil,
            found: "\(change) changes the gradient by \(shortNumber(worst.difference))",
            expected: "no change but rounding",
            hint: "padding is counted as a label, or in what the sum is divided by")
        ]
      } ?? [])
  }
}
