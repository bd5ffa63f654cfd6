internal import SeqModels

extension Examination {
  /// Rule 5: the decoder attends to the tokens of its own source and to nothing behind them.
  ///
  /// Where the encoder itself reads padding, rule 1 says so; here only what the decoder adds counts.
  /// A decoder that is given latents attends to no source: the attention by which latents read it
  /// stands for that.
  func examineMemoryPadding(into notes: inout RuleNotes) throws {
    if let attention, !attention.contains(where: { $0.kind == .cross || $0.kind == .reading }) {
      return notes.doesNotApply("nothing attends to the source")
    }
    let hint = "the memory mask is missing, inverted or of another sentence in this layer"
    let readsByLatents = attention?.contains { $0.kind == .reading } ?? false
    _ = checkWeights(
      .paragraphs, subject: "weights on paragraphs that are not there", hint: hint, into: &notes
    ) { _, key, keyCount in key >= keyCount }
    let looked = checkWeights(
      readsByLatents ? .reading : .cross,
      subject: readsByLatents
        ? "weights on padding where latents read the source" : "weights on padding",
      hint: hint, into: &notes
    ) { _, key, keyCount in key >= keyCount }

    // Weights that are right as far as they can be seen.
    let perturbationHint =
      looked && !notes.hasFindings
      ? "no weight goes to padding, but padding counts in what weights are divided by: masked after "
        + "softmax; or something beside attention reads it" : hint
    let perturbed = sample.refilled(batch, .source, with: nil)
    let places = sample.places(.target)
    let comparison = Comparison(
      base, try answers.logProbabilities(perturbed), at: places.map { ($0, $0) },
      bound: sameShapeBound)
    let encoderIsClean = try encoderIgnoresPadding(perturbed) ?? false
    if comparison.first == nil || encoderIsClean {
      try checkPerturbations(
        [Perturbation(batch: perturbed, places: places, change: "another id as source padding")],
        subject: "other ids as padding", expected: "no change",
        hint: { _, _ in perturbationHint },
        into: &notes)
      checkGradients(
        .source, subject: "gradient of padding", hint: perturbationHint, into: &notes
      ) { _, embedded in embedded.position >= batch.sources.lengths[embedded.sentence] }
      checkEffect(.source, into: &notes)
    } else if !looked {
      notes.lacks(
        "padding of the source changes the result, see rule 1; whether by the encoder or by "
          + "cross-attention, attention weights or the encoder's states would tell")
    }
  }

  /// Whether the encoder's last states at real positions stay as they are; nil where they are not
  /// offered.
  private func encoderIgnoresPadding(_ perturbed: ExaminedBatch) throws -> Bool? {
    guard
      let before = try answers.states(batch)?.last(where: { $0.side == .source }),
      let after = try answers.states(perturbed)?.last(where: { $0.side == .source })
    else { return nil }
    let places = sample.places(.source)
    let bound = options.rounding * largestFinite(before.values, at: places)
    return Comparison(
      before.values, after.values, at: places.map { ($0, $0) }, bound: bound
    ).first == nil
  }
}
