internal import SeqModels

extension Examination {
  /// Rule 9: every row of weights is a distribution over the keys it may look at, and zero where
  /// there is none.
  func examineAttentionSums(into notes: inout RuleNotes) throws {
    guard let attention else { return notes.lacks("attention weights are not offered") }
    guard !attention.isEmpty else { return notes.doesNotApply("the model has no attention") }
    checkSums(attention, batch, subject: "error of sums", into: &notes)
    let emptied = sample.emptyingSource(0).batch(room: room)
    checkSums(
      try answers.attentionWeights(emptied) ?? [], emptied, subject: "with an empty source",
      into: &notes)
  }

  /// What sums of weights may be beside one.
  private static let sumTolerance: Float = 1e-4

  private func checkSums(
    _ layers: [LayerAttention], _ batch: ExaminedBatch, subject: String,
    into notes: inout RuleNotes
  ) {
    var (count, largest) = (0, Float(0))
    var findings: [RuleReport.Finding] = []
    let view = EncoderView(model, batch)
    for layer in layers {
      let rows = AttentionRows(layer, batch, view)
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
    var allowedCount = 0
    var allowedSum: Float = 0
    /// Over keys that may not be looked at.
    var hiddenSum: Float = 0

    mutating func add(_ weight: Float, isAllowed: Bool) {
      guard isAllowed else { return hiddenSum += abs(weight) }
      allowedCount += 1
      allowedSum += weight
    }

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
        ? "the mask, or the window, is missing or inverted, so weight goes where none may"
        : "masked after softmax: mask the scores before it, or divide by the sum of what is left"
    }
  }

  private let layer: LayerAttention
  private let batch: ExaminedBatch
  private let view: EncoderView

  init(_ layer: LayerAttention, _ batch: ExaminedBatch, _ view: EncoderView) {
    self.layer = layer
    self.batch = batch
    self.view = view
  }

  /// Every row of a query that is no padding; of an encoder also those of a sentence that is nothing
  /// but padding, which have no key at all.
  func forEach(_ body: (Row) -> Void) {
    let (values, extents) = (layer.weights.values, layer.weights.extents)
    let isOfTokens = layer.kind == .encoder && layer.queryLengths == nil
    let (heads, queries, keys) = (extents[1], extents[2], extents[3])
    let lengths = layer.lengths(in: batch)
    for sentence in 0..<extents[0] {
      let (real, seen) = (lengths.queries[sentence], lengths.keys[sentence])
      for query in 0..<(real == 0 && layer.kind == .encoder ? queries : real) {
        let end = layer.kind == .decoder ? min(query + 1, real) : seen
        let allowed = (0..<keys).map { key in
          key < end && (!isOfTokens || view.shows(sentence, query: query, key: key))
        }
        for head in 0..<heads {
          let start = ((sentence * heads + head) * queries + query) * keys
          var row = Row(sentence: sentence, query: query)
          for key in 0..<keys { row.add(values[start + key], isAllowed: allowed[key]) }
          body(row)
        }
      }
    }
  }
}

/// Which tokens of a source the encoder's self-attention may show to one another.
private struct EncoderView {
  private let reach: Int
  private let globalCount: Int
  private let sources: [ParagraphPlaces]

  init(_ model: any ExaminedModel, _ batch: ExaminedBatch) {
    reach = model.encoderReach ?? .max
    globalCount = model.encoderGlobalCount
    sources = batch.sources.sequences.map { ParagraphPlaces(of: $0, end: model.paragraphEnd) }
  }

  /// Those of a paragraph, where these are read alone, within a reach of one another or where one of
  /// both is global.
  func shows(_ sentence: Int, query: Int, key: Int) -> Bool {
    let source = sources[sentence]
    return source.numbers[query] == source.numbers[key]
      && (abs(query - key) <= reach || min(source.places[query], source.places[key]) < globalCount)
  }
}
