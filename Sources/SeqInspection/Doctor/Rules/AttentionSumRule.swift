internal import SeqModels

extension Examination {
  /// Rule 9: every row of weights is a distribution over the keys it may look at, and zero where
  /// there is none.
  func examineAttentionSums() throws -> RuleReport {
    var notes = RuleNotes(.attentionSum)
    let emptied = sample.emptyingSource(0)
    for (sample, subject) in [(sample, "error of sums"), (emptied, "with an empty source")] {
      let batch = sample.batch(room: room)
      guard let layers = try answers.attentionWeights(batch) else {
        notes.lacks("attention weights are not offered")
        return notes.report
      }
      guard !layers.isEmpty else {
        notes.doesNotApply("the model has no attention")
        return notes.report
      }
      checkSums(layers, batch, subject: subject, into: &notes)
    }
    return notes.report
  }

  /// What sums of weights may be beside one.
  private static let sumTolerance: Float = 1e-4

  private func checkSums(
    _ layers: [LayerAttention], _ batch: ExaminedBatch, subject: String,
    into notes: inout RuleNotes
  ) {
    var (count, largest) = (0, Float(0))
    var findings: [RuleReport.Finding] = []
    for layer in layers {
      let rows = AttentionRows(layer, batch)
      var worst: (row: AttentionRows.Row, error: Float)?
      rows.forEach { row in
        count += 1
        let error = row.error
        if error > worst?.error ?? Self.sumTolerance { worst = (row, error) }
        largest = max(largest, error)
      }
      guard let (row, _) = worst else { continue }
      let isEmpty = row.allowedCount == 0
      findings.append(
        RuleReport.Finding(
          layer: layer.name, sentence: row.sentence, position: row.query,
          found: "weights that sum to \(shortNumber(row.allowedSum)) over \(row.allowedCount) "
            + "allowed keys and to \(shortNumber(row.hiddenSum)) over the others",
          expected: isEmpty ? "zeros" : "1 and 0", hint: row.hint))
    }
    notes.check(
      subject, comparisons: count, largest: largest,
      bound: Self.sumTolerance, findings)
  }
}

/// The rows of weights of one attention that count.
private struct AttentionRows {
  struct Row {
    let sentence: Int
    let query: Int
    let allowedCount: Int
    let allowedSum: Float
    /// Over keys that may not be looked at.
    let hiddenSum: Float

    /// How far it is from a distribution over the allowed keys; of no key, from zero.
    var error: Float {
      let error =
        allowedCount == 0
        ? hiddenSum : max(abs(allowedSum - 1), hiddenSum)
      return error.isNaN ? .infinity : error
    }

    var hint: String {
      if allowedCount == 0 {
        return
          "softmax over a row that is masked everywhere; give zeros where no key is left"
      }
      return abs(allowedSum + hiddenSum - 1) < 1e-3
        ? "the mask is missing or inverted, so weight goes where none may"
        : "masked after softmax: mask the scores before it, or divide by the sum of what is left"
    }
  }

  private let layer: LayerAttention
  private let batch: ExaminedBatch

  init(_ layer: LayerAttention, _ batch: ExaminedBatch) {
    self.layer = layer
    self.batch = batch
  }

  /// Every row of a query that is no padding; of an encoder also those of a sentence that is nothing
  /// but padding, which have no key at all.
  func forEach(_ body: (Row) -> Void) {
    let extents = layer.weights.extents
    let (heads, queries, keys) = (extents[1], extents[2], extents[3])
    let lengths = layer.lengths(in: batch)
    for sentence in 0..<extents[0] {
      let (real, seen) = (lengths.queries[sentence], lengths.keys[sentence])
      for query in 0..<(real == 0 && layer.kind == .encoder ? queries : real) {
        let allowed = layer.kind == .decoder ? min(query + 1, real) : seen
        for head in 0..<heads {
          let start = ((sentence * heads + head) * queries + query) * keys
          let row = layer.weights.values[start..<start + keys]
          body(
            Row(
              sentence: sentence, query: query, allowedCount: allowed,
              allowedSum: row.prefix(allowed).reduce(0, +),
              hiddenSum: row.dropFirst(allowed).reduce(0) { $0 + abs($1) }))
        }
      }
    }
  }
}
