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
  private let filters: [any TokenFilter]

  /// A search with these options, and with filters beside those that the options imply.
  ///
  /// - Throws: ``SearchError/invalidOptions(_:)`` with every problem.
  public init(_ options: SearchOptions, filters: [any TokenFilter] = []) throws(SearchError) {
    let problems = options.problems
    guard problems.isEmpty else { throw .invalidOptions(problems) }
    self.options = options
    self.filters = filters
  }

  /// The best targets for each source, in the order of the sources.
  ///
  /// - Throws: What the model throws, and ``SearchError/notANumber(sentence:step:)``.
  public func callAsFunction<Model: StepModel>(_ sources: [[Int32]], with model: Model) throws
    -> [SearchResult]
  {
    guard !sources.isEmpty else { return [] }
    let filters = filters(endToken: model.endToken)
    var state = try model.start(sources: sources)
    var beams = sources.enumerated().map { sentence, source in
      Beam(
        sentence: sentence, sourceLength: source.count, options: options,
        stepLimit: model.stepLimit, endToken: model.endToken)
    }
    // The sentences still searched and, for each row of the state, the token to feed.
    var running = Array(beams.indices)
    var tokens = [Int32](repeating: model.beginToken, count: sources.count)
    var candidates: [Beam.Candidate] = []

    while !running.isEmpty {
      let forbidden = filters.isEmpty ? [] : forbiddenTokens(beams: beams, running, filters)
      let forbiddenCount = forbidden.map(\.count).max() ?? 0
      let count = min(candidateCount + forbiddenCount, model.vocabularySize)
      let scores = try model.step(tokens, state: &state, best: count)
      require(
        scores.rowCount == tokens.count && scores.countPerRow == count,
        "search: [\(tokens.count), \(count)] scores asked for, "
          + "[\(scores.rowCount), \(scores.countPerRow)] came back")

      var row = 0
      var rows: [Int] = []
      tokens.removeAll(keepingCapacity: true)
      running = try running.filter { sentence in
        let firstRow = row
        row += beams[sentence].live.count
        try beams[sentence].advance(
          by: scores, firstRow: firstRow, forbidden: forbidden, candidates: &candidates)
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

  private func filters(endToken: Int32) -> [any TokenFilter] {
    guard options.minimumLength != 0 else { return filters }
    let minimum = MinimumLengthFilter(
      minimumLength: options.minimumLength, maximumLength: options.maximumLength,
      endToken: endToken)
    return filters + [minimum]
  }

  /// For each row, what no filter lets pass.
  private func forbiddenTokens(beams: [Beam], _ running: [Int], _ filters: [any TokenFilter])
    -> [[Int32]]
  {
    running.flatMap { sentence in
      beams[sentence].prefixes().map { prefix in
        filters.flatMap { $0.forbiddenTokens(after: prefix) }
      }
    }
  }
}
