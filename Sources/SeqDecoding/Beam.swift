/// One sentence's side of a search: its live hypotheses, and those that ended.
struct Beam {
  /// A hypothesis that still grows.
  struct Live {
    /// The place, in the step before, of the hypothesis it continues.
    var parent: Int
    /// Its last token.
    var token: Int32
    var node: Int
    var logProbability: Double
  }

  /// A possible continuation of a live hypothesis.
  struct Candidate {
    var parent: Int
    var token: Int32
    var tokenLogProbability: Float
    var logProbability: Double

    /// A total order: of two, which to prefer.
    static func isBetter(_ first: Candidate, _ second: Candidate) -> Bool {
      if first.logProbability != second.logProbability {
        return first.logProbability > second.logProbability
      }
      return first.parent != second.parent
        ? first.parent < second.parent : first.token < second.token
    }
  }

  /// The hypotheses to step next, best first; empty when the search is over.
  private(set) var live: [Live]

  private let sentence: Int
  private let sourceLength: Int
  private let maximumLength: Int
  private let options: SearchOptions
  private let endToken: Int32
  /// Tokens that never come.
  private let excludedTokens: [Int32]
  /// What every target of the sentence begins with.
  private let forcedTokens: [Int32]
  private var trellis = Trellis()
  /// The tokens that every live hypothesis has.
  private var length = 0
  /// The best hypotheses that ended in EOS, best first, at most `nBest`, and how many there were.
  private var finished: [Hypothesis] = []
  private var finishedCount = 0
  /// Those cut off when the search could not go on, best first.
  private var unfinished: [Hypothesis] = []

  init(
    sentence: Int, source: [Int32], forcedTokens: [Int32], options: SearchOptions,
    model: some StepModel
  ) {
    self.sentence = sentence
    sourceLength = source.count
    self.forcedTokens = forcedTokens
    self.options = options
    endToken = model.endToken
    excludedTokens = model.excludedTokens
    let maximum = max(
      options.maximumLength.tokenCount(sourceLength: source.count), forcedTokens.count)
    // The first of the steps is fed BOS.
    maximumLength = model.stepLimit.map { min(maximum, max($0 - 1, 0)) } ?? maximum
    live = [Live(parent: 0, token: endToken, node: Trellis.root, logProbability: 0)]
  }

  /// The token that must come next, if one must.
  var forcedToken: Int32? { length < forcedTokens.count ? forcedTokens[length] : nil }

  /// The live hypotheses as processors see them, in order.
  var partialHypotheses: [PartialHypothesis] {
    live.map {
      PartialHypothesis(
        sourceLength: sourceLength, length: length, trellis: trellis, node: $0.node)
    }
  }

  /// What was found; complete once nothing is live.
  func result() -> SearchResult {
    SearchResult(hypotheses: Array((finished + unfinished).prefix(options.nBest)))
  }

  /// Replaces the live hypotheses by their best continuations.
  ///
  /// - Parameters:
  ///   - scores: the whole batch's.
  ///   - firstRow: where this sentence's rows start.
  ///   - forbidden: for each row of the batch the tokens that may not come; empty if there are none.
  ///   - candidates: memory that the sentences share.
  /// - Throws: ``SearchError/notANumber(sentence:step:)``.
  mutating func advance(
    by scores: BestScores, firstRow: Int, forbidden: [[Int32]], candidates: inout [Candidate]
  ) throws(SearchError) {
    candidates.removeAll(keepingCapacity: true)
    for parent in live.indices {
      let row = firstRow + parent
      try collect(
        scores, row: row, forbidden: forbidden.isEmpty ? [] : forbidden[row], parent: parent,
        into: &candidates)
    }
    candidates.sort(by: Candidate.isBetter)

    let parents = live
    var ended: Set<Int> = []
    live.removeAll(keepingCapacity: true)
    for (rank, candidate) in candidates.enumerated() {
      if candidate.token == endToken {
        guard rank < options.beamSize else { continue }
        finish(candidate, after: parents[candidate.parent])
        ended.insert(candidate.parent)
      } else if length < maximumLength && live.count < options.beamSize {
        grow(candidate, after: parents[candidate.parent])
      }
    }
    if live.isEmpty {
      let reason: StopReason = length < maximumLength ? .noContinuation : .maximumLength
      for parent in parents.indices where !ended.contains(parent) {
        unfinished.append(hypothesis(parents[parent], stopReason: reason))
      }
    }
    length += 1
    if isDecided { live.removeAll() }
  }

  /// Adds what may continue one hypothesis.
  private func collect(
    _ scores: BestScores, row: Int, forbidden: [Int32], parent: Int,
    into candidates: inout [Candidate]
  ) throws(SearchError) {
    let first = row * scores.countPerRow
    for index in first..<first + scores.countPerRow {
      let token = scores.tokens[index]
      let logProbability = scores.logProbabilities[index]
      if logProbability.isNaN {
        throw .notANumber(sentence: sentence, step: length)
      }
      // Best first: what follows is impossible too.
      if logProbability == -.infinity { break }
      if excludedTokens.contains(token) || forbidden.contains(token) { continue }
      candidates.append(
        Candidate(
          parent: parent, token: token, tokenLogProbability: logProbability,
          logProbability: live[parent].logProbability + Double(logProbability)))
    }
  }

  private mutating func grow(_ candidate: Candidate, after parent: Live) {
    live.append(
      Live(
        parent: candidate.parent, token: candidate.token,
        node: trellis.append(
          candidate.token, logProbability: candidate.tokenLogProbability, after: parent.node),
        logProbability: candidate.logProbability))
  }

  /// Counts a hypothesis that said EOS and keeps it if it is one of the best.
  private mutating func finish(_ candidate: Candidate, after parent: Live) {
    finishedCount += 1
    let score = options.lengthNormalization.score(
      logProbability: candidate.logProbability, length: length + 1)
    // After those of equal score, which finished first.
    let place = finished.firstIndex { $0.score < score } ?? finished.count
    guard place < options.nBest else { return }
    var path = trellis.path(to: parent.node)
    path.logProbabilities.append(candidate.tokenLogProbability)
    finished.insert(
      Hypothesis(
        tokens: path.tokens, logProbability: candidate.logProbability, score: score,
        tokenLogProbabilities: path.logProbabilities, stopReason: .endToken),
      at: place)
    if finished.count > options.nBest { finished.removeLast() }
  }

  /// A live hypothesis, cut off.
  private func hypothesis(_ live: Live, stopReason: StopReason) -> Hypothesis {
    let path = trellis.path(to: live.node)
    return Hypothesis(
      tokens: path.tokens, logProbability: live.logProbability,
      score: options.lengthNormalization.score(
        logProbability: live.logProbability, length: path.tokens.count),
      tokenLogProbabilities: path.logProbabilities, stopReason: stopReason)
  }

  /// Whether the stopping rule ends the search while hypotheses live.
  private var isDecided: Bool {
    guard let best = live.first else { return true }
    switch options.stoppingRule {
    case .provablyBest where options.beamSize > 1:
      guard finished.count == options.nBest, let worst = finished.last else { return false }
      // With EOS, and `length` tokens now, up to `maximumLength` in the end.
      let bound = options.lengthNormalization.bestScore(
        logProbability: best.logProbability, lengths: length + 1...maximumLength + 1)
      return bound <= worst.score
    case .firstFinished, .provablyBest:
      return finishedCount >= options.beamSize
    }
  }
}
