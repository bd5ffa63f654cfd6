internal import SeqModels

extension Examination {
  /// Rule 1: whatever id fills the padding of either side, no other row changes.
  func examinePaddingTokens(into notes: inout RuleNotes) throws {
    let kept = sample.places(.target)
    var perturbations: [Perturbation] = []
    for side in BatchSide.allCases {
      for id in [nil, model.endToken] {
        perturbations.append(
          Perturbation(
            batch: sample.refilled(batch, side, with: id), places: kept,
            change: "\(id == nil ? "another id" : "EOS") as \(side.rawValue) padding"))
      }
    }
    try checkPerturbations(
      perturbations, subject: "other ids as padding", expected: "no change",
      hint: { layer, side in
        switch (layer, side) {
        case (nil, _):
          "some layer reads padding: its mask is missing, inverted, or made from ids in "
            + "place of lengths"
        case (_, .source):
          "the encoder reads padding in this layer: a padding mask that is missing or "
            + "inverted, a state carried through padding, or a mean over all positions"
        case (_, _):
          "the decoder reads padding in this layer: a memory mask that is missing in "
            + "cross-attention, or a final state taken after the padding"
        }
      }, into: &notes)
    for side in BatchSide.allCases {
      checkGradients(
        side, subject: "gradient of padding",
        hint: "something reads the embedding of padding: a mask is missing", into: &notes
      ) { _, embedded in embedded.position >= batch.tokens(side).lengths[embedded.sentence] }
    }
    for (kind, subject) in [
      (SentenceAttention.Kind.encoder, "encoder weights on padding"),
      (.reading, "latents' weights on padding"),
      (.pooling, "pooling's weights on padding"),
    ] {
      _ = checkWeights(
        kind, subject: subject,
        hint: "the padding mask of the encoder's attention is missing or inverted in this layer",
        into: &notes
      ) { _, key, keyCount in key >= keyCount }
    }
    checkEffect(.source, into: &notes)
  }
}
