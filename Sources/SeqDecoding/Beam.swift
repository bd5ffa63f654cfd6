/// What does not change while one sentence is searched.
struct BeamTerms {
  /// Its place among the requests.
  let sentence: Int
  let sourceLength: Int
  let maximumLength: Int
  /// What every target begins with.
  let forcedTokens: [Int32]
  /// What every target holds; nil if nothing is required.
  let required: RequiredPhrases?
  let options: SearchOptions
  let endToken: Int32
  /// Tokens that never come.
  let excludedTokens: [Int32]

  init(
    _ request: SearchRequest, sentence: Int, options: SearchOptions, model: some StepModel
  ) throws(SearchError) {
    self.sentence = sentence
    sourceLength = request.source.count
    forcedTokens = request.prefix
    self.options = options
    endToken = model.endToken
    excludedTokens = model.excludedTokens
    let maximum = max(
      request.maximumLength ?? options.maximumLength.tokenCount(sourceLength: sourceLength),
      forcedTokens.count)
    // The first of the steps is fed BOS.
    maximumLength = model.stepLimit.map { min(maximum, max($0 - 1, 0)) } ?? maximum
    guard request.requiredPhrases.count <= RequiredPhrases.largestCount else {
      throw .tooManyPhrases(sentence: sentence, count: request.requiredPhrases.count)
    }
    required = RequiredPhrases(request.requiredPhrases)
    if let required {
      let missing = required.missingCount(required.progress(after: forcedTokens))
      let room = maximumLength - forcedTokens.count
      guard missing <= room else {
        throw .noRoomForPhrases(sentence: sentence, missing: missing, room: room)
      }
    }
  }
}

/// One sentence's side of a search: groups of live hypotheses, and those that ended.
struct Beam {
  private let terms: BeamTerms
  private var groups: [BeamGroup]
  private var trellis = Trellis()
  /// The tokens that every live hypothesis has.
  private var length = 0
  /// How many tokens were last said to be certain.
  private var certainCount = 0

  init(_ terms: BeamTerms) {
    self.terms = terms
    let options = terms.options
    // The first groups are larger by one where the beam does not divide evenly.
    groups = (0..<options.groupCount).map { group in
      BeamGroup(
        size: (options.beamSize + options.groupCount - 1 - group) / options.groupCount, terms)
    }
  }

  /// Rows of the model's state that the next step needs; 0 when the search is over.
  ///
  /// Before the first step all groups share one.
  var rowCount: Int {
    length == 0 ? 1 : groups.reduce(0) { $0 + $1.live.count }
  }

  /// The token that must come next, if one must.
  var forcedToken: Int32? {
    length < terms.forcedTokens.count ? terms.forcedTokens[length] : nil
  }

  /// Whether rows are needed whole, for tokens that may be far from the likeliest.
  var needsWholeRows: Bool { terms.required != nil }

  /// The hypotheses of the rows as processors see them, in order.
  var partialHypotheses: [PartialHypothesis] {
    rows.map {
      PartialHypothesis(
        sourceLength: terms.sourceLength, length: length, maximumLength: terms.maximumLength,
        trellis: trellis, node: $0.node)
    }
  }

  /// For every row of the next step the row of the last one that it continues, counted within the
  /// sentence, and the token it is fed.
  var continuations: [(row: Int, token: Int32)] { rows.map { ($0.parentRow, $0.token) } }

  private var rows: [BeamGroup.Live] {
    length == 0 ? Array(groups[0].live) : groups.flatMap(\.live)
  }

  /// What was found; complete once nothing is live.
  ///
  /// - Throws: ``SearchError/phrasesImpossible(sentence:)``.
  func result() throws(SearchError) -> SearchResult {
    var seen: Set<[Int32]> = []
    // Different groups may end up with the same target; of equal scores the earlier group first.
    let (finished, unfinished) = (groups.flatMap(\.finished), groups.flatMap(\.unfinished))
    let ranks = terms.options.ranksCutOff ? [finished + unfinished] : [finished, unfinished]
    let hypotheses = ranks.flatMap {
      $0.enumerated().sorted {
        ($1.element.score, $0.offset) < ($0.element.score, $1.offset)
      }
    }.map(\.element)
    let complete = hypotheses.filter { hypothesis in
      terms.required.map { $0.missingCount($0.progress(after: hypothesis.tokens)) == 0 } ?? true
    }
    guard !complete.isEmpty else { throw .phrasesImpossible(sentence: terms.sentence) }
    return SearchResult(
      hypotheses: Array(
        complete.filter { seen.insert($0.tokens).inserted }.prefix(terms.options.nBest)))
  }

  /// Replaces the live hypotheses of every group by their best continuations.
  ///
  /// - Parameters:
  ///   - scores: the whole batch's.
  ///   - firstRow: where this sentence's rows start.
  ///   - changes: what processors asked of the rows of the batch.
  ///   - candidates: memory that the sentences share.
  /// - Throws: ``SearchError/notANumber(sentence:step:)``.
  mutating func advance(
    by scores: BestScores, firstRow: Int, _ changes: StepChanges,
    candidates: inout [BeamGroup.Candidate]
  ) throws(SearchError) {
    let isShared = length == 0
    var row = 0
    var chosen: [Int32: Int] = [:]
    for group in groups.indices {
      let liveCount = groups[group].live.count
      guard liveCount > 0 else { continue }
      let step = BeamGroup.Step(
        scores: scores, changes: changes, firstRow: firstRow, groupRow: isShared ? 0 : row,
        length: length, chosen: chosen)
      try groups[group].advance(by: step, terms, &trellis, candidates: &candidates)
      row += liveCount
      guard groups.count > 1 else { continue }
      for hypothesis in groups[group].live { chosen[hypothesis.token, default: 0] += 1 }
    }
    length += 1
  }

  /// The tokens that every result still possible begins with, if they are more than when last asked.
  mutating func newlyCertain() -> [Int32]? {
    let live = groups.flatMap { $0.live.map(\.node) }
    var ended = groups.flatMap(\.finished)
    // While nothing has finished, what a group had when it died may be the best in the end.
    if ended.isEmpty || terms.options.ranksCutOff { ended += groups.flatMap(\.unfinished) }
    var ends = ended.map(\.tokens)
    if live.isEmpty { ends = (try? result()).map { [$0.best.tokens] } ?? [] }
    var certain = live.isEmpty ? ends.first ?? [] : trellis.commonPath(to: live)
    for tokens in ends {
      let common = zip(certain, tokens).prefix { $0 == $1 }.count
      certain.removeLast(certain.count - common)
    }
    guard certain.count > certainCount else { return nil }
    certainCount = certain.count
    return certain
  }
}
