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
public struct BeamSearch: Sendable {
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

  /// The best targets for each source, in the order of the sources.
  ///
  /// - Parameters:
  ///   - sources: token ids as the model's encoder reads them.
  ///   - prefixes: for each source the tokens that its targets begin with, scored as the model
  ///     scores them; while they last no processor is asked, and a maximum length below theirs is
  ///     theirs. None at all is an empty one for every source.
  ///   - model: what is searched.
  /// - Returns: A result for each source, in their order.
  /// - Throws: What the model throws, and ``SearchError/notANumber(sentence:step:)``.
  /// - Precondition: No prefixes, or as many as sources.
  public func callAsFunction<Model: StepModel>(
    _ sources: [[Int32]], prefixes: [[Int32]] = [], with model: Model
  ) throws -> [SearchResult] {
    require(
      prefixes.isEmpty || prefixes.count == sources.count,
      "search: \(sources.count) sources and \(prefixes.count) prefixes, not as many")
    guard !sources.isEmpty else { return [] }
    let processors = processors(endToken: model.endToken)
    var state = try model.start(sources: sources)
    var beams = sources.enumerated().map { sentence, source in
      Beam(
        sentence: sentence, source: source,
        forcedTokens: prefixes.isEmpty ? [] : prefixes[sentence], options: options, model: model)
    }
    // The sentences still searched and, for each row of the state, the token to feed.
    var running = Array(beams.indices)
    var tokens = [Int32](repeating: model.beginToken, count: sources.count)
    var candidates: [Beam.Candidate] = []

    while !running.isEmpty {
      let changes = changes(running.lazy.map { beams[$0] }, processors)
      let count = min(
        candidateCount + model.excludedTokens.count + changes.forbiddenCount,
        model.vocabularySize)
      var scores = try model.step(
        tokens, state: &state, best: count, wholeRows: changes.wholeRows)
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
        row += beams[sentence].live.count
        try beams[sentence].advance(
          by: scores, firstRow: firstRow, forbidden: changes.forbidden, candidates: &candidates)
        for hypothesis in beams[sentence].live {
          rows.append(firstRow + hypothesis.parent)
          tokens.append(hypothesis.token)
        }
        return !beams[sentence].live.isEmpty
      }
      if !rows.isEmpty && !rows.elementsEqual(0..<row) {
        model.reorder(&state, rows: rows)
      }
    }
    return beams.map { $0.result() }
  }

  /// Candidates a row that always suffice when nothing is forbidden.
  ///
  /// At most one of a row's candidates is EOS, so with one more than the beam enough others remain.
  /// A greedy hypothesis either ends or goes on: one is enough.
  private var candidateCount: Int { options.beamSize == 1 ? 1 : options.beamSize + 1 }

  private func processors(endToken: Int32) -> [any ScoreProcessor] {
    guard options.minimumLength != 0 else { return processors }
    let minimum = MinimumLength(
      minimum: options.minimumLength, maximum: options.maximumLength, endToken: endToken)
    return processors + [minimum]
  }

  /// What changes about the scores of the beams' rows.
  private func changes(_ beams: some Sequence<Beam>, _ processors: [any ScoreProcessor])
    -> StepChanges
  {
    var changes = StepChanges()
    guard !processors.isEmpty || beams.contains(where: { $0.forcedToken != nil }) else {
      return changes
    }
    for beam in beams {
      let processors = beam.forcedToken.map { [ForcedToken(token: $0)] } ?? processors
      for hypothesis in beam.partialHypotheses {
        changes.append(processors.lazy.map { $0.change(after: hypothesis) })
      }
    }
    return changes
  }
}
