import SeqKernels

/// Draws targets from the model's distribution, token by token, over many sentences at once.
///
///     let sampling = try Sampling(SamplingOptions(sampleCount: 8, topP: 0.9, seed: 1))
///     let results = try sampling(requests, with: model, progress: nil)   // 8 hypotheses for each
///
/// A draw is keyed by the seed, the source's ids, the number of the sample and the position: what a
/// sentence gets depends neither on its batch nor on how many samples are drawn, but for the last bits
/// of a recurrent decoder's attention by products, where fewer than four hypotheses of a sentence are
/// summed in another order. Samples of a sentence that are equal so far are computed as one row. The
/// log-probabilities of a hypothesis are the model's, whatever processors, temperature and truncation made
/// of them.
public struct Sampling: TargetSearch {
  /// The settings drawn with.
  public let options: SamplingOptions
  private let processors: [any ScoreProcessor]

  /// A sampling with these options; processors are applied before the temperature.
  ///
  /// - Throws: ``SearchError/invalidOptions(_:)`` with every problem.
  public init(
    _ options: SamplingOptions, processors: [any ScoreProcessor] = []
  ) throws(SearchError) {
    let problems = options.problems
    guard problems.isEmpty else { throw .invalidOptions(problems) }
    self.options = options
    self.processors = processors
  }

  /// The number of samples, all of which may be different; 1 at temperature 0.
  public var rowsPerSentence: Int { options.temperature == 0 ? 1 : options.sampleCount }

  /// The samples of every request, in order, or the best of them: see ``SamplingOptions/nBest``.
  ///
  /// While a prefix lasts nothing is drawn and no processor asked, and a maximum length below the
  /// prefix's is the prefix's.
  ///
  /// - Throws: What the model throws, ``SearchError/notANumber(sentence:step:)``, and
  ///   ``SearchError/invalidOptions(_:)`` if a request has required phrases: to come about they would
  ///   have to be searched for.
  public func callAsFunction<Model: StepModel>(
    _ requests: [SearchRequest], with model: Model, progress: SearchProgress?
  ) throws -> [SearchResult] {
    guard requests.allSatisfy(\.requiredPhrases.isEmpty) else {
      throw SearchError.invalidOptions(["sampling with required phrases, expected beam search"])
    }
    guard !requests.isEmpty else { return [] }
    let processors =
      processors + MinimumLength.rules(options.minimumLength, endToken: model.endToken)
    var state = try model.start(sources: requests.map(\.source))
    let size = model.wordCount(of: state)
    let distribution = TokenDistribution(options, vocabularySize: size)
    var trees = requests.enumerated().map { sentence, request in
      SampleTree(sentence: sentence, request: request, options: options, model: model)
    }
    // The sentences still drawn for and, for each row of the state, the token to feed.
    var running = Array(trees.indices)
    var tokens = [Int32](repeating: model.beginToken, count: requests.count)
    var rows: [Int] = []
    while !running.isEmpty {
      let scores = try model.step(
        tokens, state: &state, StepRequest(wholeRows: Array(tokens.indices)))
      require(
        scores.wholeRowCount == tokens.count,
        "sampling: \(tokens.count) whole rows asked for, \(scores.wholeRowCount) came back")
      var row = 0
      rows.removeAll(keepingCapacity: true)
      tokens.removeAll(keepingCapacity: true)
      try scores.wholeRows.withUnsafeBufferPointer { all in
        running = try running.filter { sentence in
          let first = row
          row += trees[sentence].live.count
          try trees[sentence].advance(
            by: UnsafeBufferPointer(rebasing: all[first * size..<row * size]), processors,
            distribution)
          for beginning in trees[sentence].live {
            rows.append(first + beginning.parent)
            tokens.append(beginning.token)
          }
          if let progress, let common = trees[sentence].commonTokens {
            try progress(sentence, common)
          }
          return !trees[sentence].live.isEmpty
        }
      }
      if !rows.isEmpty && !rows.elementsEqual(0..<row) { model.reorder(&state, rows: rows) }
    }
    return trees.map { $0.result() }
  }
}
