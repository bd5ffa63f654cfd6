import SeqKernels

/// Beam search over many sentences at once; with a beam of 1, greedy search.
///
///     let search = try BeamSearch(SearchOptions(beamSize: 5))
///     let results = try search(sources, with: model)
///
/// Each step ranks the continuations of a sentence's live hypotheses by the sum of their
/// log-probabilities. Of the first `beamSize`, those that say EOS are finished; the first `beamSize`
/// that do not live on, so finished hypotheses do not narrow the beam. A sentence leaves the batch
/// in the step in which its search ends.
///
/// Equal sums are ordered by the rank of the hypothesis they continue, then by token id; equal
/// scores by which finished first. Sums are in double precision and made sentence by sentence, so
/// a result is the same alone, in any batch and in any order, if the model's scores are.
public struct BeamSearch: TargetSearch {
  /// The settings searched with.
  public let options: SearchOptions
  private let processors: [any ScoreProcessor]

  /// A search with these options, and with processors beside those that the options imply.
  ///
  /// - Throws: ``SearchError/invalidOptions(_:)`` with every problem.
  public init(
    _ options: SearchOptions, processors: [any ScoreProcessor] = []
  ) throws(SearchError) {
    let problems = options.problems
    guard problems.isEmpty else { throw .invalidOptions(problems) }
    self.options = options
    self.processors = processors
  }

  /// The beam size.
  public var rowsPerSentence: Int { options.beamSize }

  /// The best targets for each request, in the order of the requests.
  ///
  /// - Throws: What the model throws, and ``SearchError``.
  public func callAsFunction<Model: StepModel>(
    _ requests: [SearchRequest], with model: Model, progress: SearchProgress?
  ) throws -> [SearchResult] {
    guard !requests.isEmpty else { return [] }
    let wantsAttention = options.coveragePenalty > 0
    if wantsAttention && !model.givesAttention {
      throw SearchError.invalidOptions([
        "a coverage penalty needs a model that attends to the source, token by token"
      ])
    }
    let processors =
      processors + MinimumLength.rules(options.minimumLength, endToken: model.endToken)
    var state = try model.start(sources: requests.map(\.source))
    var beams = try requests.enumerated().map { sentence, request in
      Beam(try BeamTerms(request, sentence: sentence, options: options, model: model))
    }
    // The sentences still searched and, for each row of the state, the token to feed.
    var running = Array(beams.indices)
    var tokens = [Int32](repeating: model.beginToken, count: requests.count)
    var candidates: [BeamGroup.Candidate] = []

    while !running.isEmpty {
      let changes = changes(running.lazy.map { beams[$0] }, processors)
      let count = min(
        candidateCount + model.excludedTokens.count + changes.forbiddenCount,
        model.wordCount(of: state))
      var scores = try model.step(
        tokens, state: &state,
        StepRequest(best: count, wholeRows: changes.wholeRows, attention: wantsAttention))
      require(
        scores.rowCount == tokens.count && scores.countPerRow == count
          && scores.wholeRowCount == changes.wholeRows.count,
        "search: [\(tokens.count), \(count)] scores and \(changes.wholeRows.count) whole rows "
          + "asked for, [\(scores.rowCount), \(scores.countPerRow)] and "
          + "\(scores.wholeRowCount) came back")
      changes.apply(to: &scores)

      var row = 0
      var rows: [Int] = []
      tokens.removeAll(keepingCapacity: true)
      running = try running.filter { sentence in
        let firstRow = row
        row += beams[sentence].rowCount
        try beams[sentence].advance(
          by: scores, firstRow: firstRow, changes, candidates: &candidates)
        if let progress, let certain = beams[sentence].newlyCertain() {
          try progress(sentence, certain)
        }
        for continuation in beams[sentence].continuations {
          rows.append(firstRow + continuation.row)
          tokens.append(continuation.token)
        }
        return beams[sentence].rowCount > 0
      }
      if !rows.isEmpty && !rows.elementsEqual(0..<row) {
        model.reorder(&state, rows: rows)
      }
    }
    return try beams.map { beam throws(SearchError) in try beam.result() }
  }

  /// Candidates a row that always suffice when nothing is forbidden.
  ///
  /// At most one of a row's candidates is EOS, so with one more than the beam enough others remain.
  /// A greedy hypothesis either ends or goes on: one is enough.
  private var candidateCount: Int { options.beamSize == 1 ? 1 : options.beamSize + 1 }

  /// What changes about the scores of the beams' rows.
  private func changes(_ beams: some Sequence<Beam>, _ processors: [any ScoreProcessor])
    -> StepChanges
  {
    var changes = StepChanges()
    guard
      !processors.isEmpty
        || beams.contains(where: { $0.forcedToken != nil || $0.needsWholeRows })
    else { return changes }
    for beam in beams {
      let processors = beam.forcedToken.map { [ForcedToken(token: $0)] } ?? processors
      for hypothesis in beam.partialHypotheses {
        changes.append(processors, after: hypothesis, isWhole: beam.needsWholeRows)
      }
    }
    return changes
  }
}
