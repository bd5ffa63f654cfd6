internal import SeqModels

// What several rules check in the same way: that something hidden has no effect, no gradient and no
// weight.
extension Examination {
  /// A batch that differs from ``batch`` in what must not count.
  struct Perturbation {
    let batch: ExaminedBatch
    /// The places of the target that must stay as they are.
    let places: [BatchPlace]
    /// What was changed, as a finding names it.
    let change: String
  }

  /// Checks that perturbations of one shape change nothing where they must not.
  func checkPerturbations(
    _ perturbations: [Perturbation], subject: String, expected: String,
    hint: (_ layer: String?, _ side: BatchSide?) -> String, into notes: inout RuleNotes
  ) throws {
    var (count, largest) = (0, Float(0))
    var findings: [RuleReport.Finding] = []
    for perturbation in perturbations {
      let other = try answers.logProbabilities(perturbation.batch)
      let pairs = perturbation.places.map { ($0, $0) }
      let comparison = Comparison(base, other, at: pairs, bound: sameShapeBound)
      count += comparison.count
      largest = max(largest, comparison.largest)
      guard let first = comparison.first else { continue }
      let kept = Set(perturbation.places)
      let layer = try firstLayer(
        differingBetween: batch, and: perturbation.batch, share: options.rounding
      ) { side in
        (side == .source ? sample.places(.source) : Array(kept).sorted(by: isBefore))
          .map { ($0, $0) }
      }
      let place = layer?.place ?? first.place
      findings.append(
        RuleReport.Finding(
          layer: layer?.layer, sentence: place.sentence, position: place.position,
          found: "\(perturbation.change) changes a log-probability by "
            + "\(shortNumber(first.difference))",
          expected: expected, hint: hint(layer?.layer, layer?.side)))
    }
    notes.check(subject, comparisons: count, largest: largest, bound: sameShapeBound, findings)
  }

  private func isBefore(_ a: BatchPlace, _ b: BatchPlace) -> Bool {
    (a.sentence, a.position) < (b.sentence, b.position)
  }

  /// Notes why silence proves nothing where even what may count hardly does.
  ///
  /// `observed` is what differed though it should not have, where that was not nothing.
  func checkEffect(
    _ side: BatchSide, observed: Float = 0, hasGradients: Bool = true, into notes: inout RuleNotes
  ) {
    let effect = side == .source ? effect.source : effect.target
    guard effect < 10 * max(sameShapeBound, observed), !notes.hasFindings else { return }
    let isProven =
      hasGradients
      && (gradients ?? []).contains { entry in
        entry.gradients.of(side).values.contains { $0 != 0 }
      }
    guard !isProven else { return }
    notes.lacks(
      "other \(side.rawValue) tokens change log-probabilities by \(shortNumber(effect)) at most"
        + "\(remark), hardly more than rounding: nothing can be concluded from silence")
  }

  /// Checks that gradients are exactly zero where `isHidden`; does nothing where they are not
  /// offered.
  func checkGradients(
    _ side: BatchSide, subject: String, hint: String, into notes: inout RuleNotes,
    isHidden: (_ target: BatchPlace, _ embedded: BatchPlace) -> Bool
  ) {
    guard let gradients else { return }
    let tokens = batch.tokens(side)
    var (count, largest) = (0, Float(0))
    var findings: [RuleReport.Finding] = []
    for (target, gradient) in gradients {
      let values = gradient.of(side)
      var worst: (place: BatchPlace, size: Float)?
      for sentence in 0..<batch.count {
        for position in 0..<tokens.length {
          let embedded = BatchPlace(sentence: sentence, position: position)
          guard isHidden(target, embedded) else { continue }
          let row = values[embedded]
          count += row.count
          let size = row.reduce(Float(0)) { max($0, $1.isNaN ? .infinity : abs($1)) }
          if size > worst?.size ?? 0 { worst = (embedded, size) }
        }
      }
      guard let (place, size) = worst else { continue }
      largest = max(largest, size)
      findings.append(
        RuleReport.Finding(
          layer: nil, sentence: target.sentence, position: target.position,
          found: "a log-probability has a gradient of \(shortNumber(size)) with respect to the "
            + "\(side.rawValue) embedding at sentence \(place.sentence), position \(place.position)",
          expected: "exactly 0", hint: hint))
    }
    notes.check(subject, comparisons: count, largest: largest, bound: 0, findings)
  }

  /// Checks that attention weights are exactly zero where `isHidden`, which is told how many keys a
  /// sentence has; says whether weights of that kind were looked at.
  func checkWeights(
    _ kind: SentenceAttention.Kind, subject: String, hint: String, into notes: inout RuleNotes,
    isHidden: (_ query: Int, _ key: Int, _ keyCount: Int) -> Bool
  ) -> Bool {
    guard let layers = attention?.filter({ $0.kind == kind }), !layers.isEmpty else {
      return false
    }
    var (count, largest) = (0, Float(0))
    var findings: [RuleReport.Finding] = []
    for layer in layers {
      let lengths = layer.lengths(in: batch)
      var worst: (sentence: Int, query: Int, key: Int, weight: Float)?
      layer.weights.forEachWeight { sentence, _, query, key, weight in
        guard query < lengths.queries[sentence], isHidden(query, key, lengths.keys[sentence])
        else { return }
        count += 1
        let size = weight.isNaN ? .infinity : abs(weight)
        if size > worst?.weight ?? 0 { worst = (sentence, query, key, size) }
      }
      guard let worst else { continue }
      largest = max(largest, worst.weight)
      findings.append(
        RuleReport.Finding(
          layer: layer.name, sentence: worst.sentence, position: worst.query,
          found: "a weight of \(shortNumber(worst.weight)) on position \(worst.key)",
          expected: "exactly 0", hint: hint))
    }
    // Latents have no padding.
    guard count > 0 else { return false }
    notes.check(subject, comparisons: count, largest: largest, bound: 0, findings)
    return true
  }
}

extension PaddedValues {
  /// Calls `body` with every weight of `[batch, heads, queries, keys]`.
  func forEachWeight(
    _ body: (_ sentence: Int, _ head: Int, _ query: Int, _ key: Int, _ weight: Float) -> Void
  ) {
    let (heads, queries, keys) = (extents[1], extents[2], extents[3])
    var index = 0
    for sentence in 0..<extents[0] {
      for head in 0..<heads {
        for query in 0..<queries {
          for key in 0..<keys {
            body(sentence, head, query, key, values[index])
            index += 1
          }
        }
      }
    }
  }
}
