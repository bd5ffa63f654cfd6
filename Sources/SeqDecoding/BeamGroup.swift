import Foundation

/// The part of a beam that competes among itself; ordinary beam search has one.
struct BeamGroup {
  /// A hypothesis that still grows.
  struct Live {
    /// The row, in the step before, of the hypothesis it continues, counted within the sentence.
    var parentRow = 0
    /// Its last token.
    var token: Int32
    var node = Trellis.root
    var logProbability = 0.0
    /// What diversity has put it back by so far, nats.
    var setback = 0.0
    /// The attention that each source token has had so far; empty where nobody asks.
    var coverage: [Float] = []
    /// How far it is with what is required; nil where nothing is.
    var progress: RequiredPhrases.Progress?
    /// Whether it is in the middle of a required phrase that it is made to say.
    var isMadeToGoOn = false
  }

  /// A possible continuation of a live hypothesis.
  struct Candidate {
    /// The place of that hypothesis in its group.
    var parent: Int
    var token: Int32
    var tokenLogProbability: Float
    var logProbability: Double
    var setback = 0.0
    /// Tokens still needed for what is required.
    var missingCount = 0
    /// Whether the hypothesis would have ended and is made to say a required phrase first.
    var isMadeToGoOn = false

    /// A total order: of two, which to prefer.
    static func isBetter(_ first: Candidate, _ second: Candidate) -> Bool {
      let (one, other) = (
        first.logProbability - first.setback, second.logProbability - second.setback
      )
      if one != other { return one > other }
      return first.parent != second.parent
        ? first.parent < second.parent : first.token < second.token
    }
  }

  /// One step of the model as a group sees it.
  struct Step {
    /// Of the whole batch.
    let scores: BestScores
    let changes: StepChanges
    /// Where the sentence's rows start.
    let firstRow: Int
    /// Where, among them, those of the group start.
    let groupRow: Int
    /// The tokens that every live hypothesis has.
    let length: Int
    /// How often earlier groups of the sentence have chosen each token in this step.
    let chosen: [Int32: Int]

    /// The row of the batch that belongs to a live hypothesis.
    func row(of parent: Int) -> Int { firstRow + groupRow + parent }
  }

  /// The hypotheses to step next, best first; empty when the search is over.
  private(set) var live: [Live]
  /// The best hypotheses that ended in EOS, best first, at most as many as are wanted or as the
  /// stopping rule looks at.
  private(set) var finished: [Hypothesis] = []
  /// Those cut off when the search could not go on, best first.
  private(set) var unfinished: [Hypothesis] = []

  private let size: Int
  private var finishedCount = 0

  init(size: Int, _ terms: BeamTerms) {
    self.size = size
    live = [Live(token: terms.endToken, progress: terms.required?.start)]
  }

  /// Replaces the live hypotheses by their best continuations.
  ///
  /// - Throws: ``SearchError/notANumber(sentence:step:)``.
  mutating func advance(
    by step: Step, _ terms: BeamTerms, _ trellis: inout Trellis, candidates: inout [Candidate]
  ) throws(SearchError) {
    candidates.removeAll(keepingCapacity: true)
    for parent in live.indices {
      try collect(step, parent: parent, terms, into: &candidates)
    }
    candidates.sort(by: Candidate.isBetter)

    let parents = live
    let coverages = coverages(after: step)
    var ended: Set<Int> = []
    // Only what has said all that is required can end, so it competes with such alone.
    var completeCount = 0
    for candidate in candidates where candidate.missingCount == 0 {
      completeCount += 1
      if completeCount > size { break }
      guard candidate.token == terms.endToken else { continue }
      finish(
        candidate, after: parents[candidate.parent], coverage: coverages[candidate.parent],
        step.length, terms, trellis)
      ended.insert(candidate.parent)
    }
    live.removeAll(keepingCapacity: true)
    if step.length < terms.maximumLength {
      for index in survivors(of: candidates, endToken: terms.endToken) {
        grow(
          candidates[index], from: parents, coverages: coverages, step, terms, &trellis)
      }
    }
    if live.isEmpty {
      let reason: StopReason = step.length < terms.maximumLength ? .noContinuation : .maximumLength
      for parent in parents.indices where !ended.contains(parent) {
        unfinished.append(cutOff(parents[parent], reason, terms, trellis))
      }
    }
    if terms.options.ranksCutOff, step.length + 1 == terms.maximumLength {
      for hypothesis in live {
        unfinished.append(cutOff(hypothesis, .maximumLength, terms, trellis))
      }
      live.removeAll()
    }
    if isDecided(step.length + 1, terms) { live.removeAll() }
  }

  // MARK: Candidates

  /// Adds what may continue one hypothesis.
  private func collect(
    _ step: Step, parent: Int, _ terms: BeamTerms, into candidates: inout [Candidate]
  ) throws(SearchError) {
    let (scores, row) = (step.scores, step.row(of: parent))
    let forbidden = step.changes.forbidden(inRow: row)
    let firstOfParent = candidates.count
    let first = row * scores.countPerRow
    var wouldEnd: Bool?
    for index in first..<first + scores.countPerRow {
      let token = scores.tokens[index]
      let logProbability = scores.logProbabilities[index]
      if logProbability.isNaN {
        throw .notANumber(sentence: terms.sentence, step: step.length)
      }
      // Best first: what follows is impossible too.
      if logProbability == -.infinity { break }
      if terms.excludedTokens.contains(token) || forbidden.contains(token) { continue }
      if wouldEnd == nil { wouldEnd = token == terms.endToken }
      append(token, logProbability, parent: parent, step, terms, to: &candidates)
    }
    guard let required = terms.required, let progress = live[parent].progress,
      let place = step.changes.wholePlace(ofRow: row)
    else { return }
    let missing = required.missingCount(progress)
    guard missing > 0 else { return }
    let isMade = size == 1 && (live[parent].isMadeToGoOn || wouldEnd == true)
    // Nobody else would say the phrases: only what brings it nearer to them.
    if isMade { candidates.removeSubrange(firstOfParent...) }
    for token in required.followers(progress)
    where !candidates[firstOfParent...].contains(where: { $0.token == token }) {
      let logProbability = scores.logProbability(of: token, inWholeRow: place)
      guard logProbability > -.infinity, !terms.excludedTokens.contains(token) else { continue }
      append(token, logProbability, parent: parent, step, terms, to: &candidates)
    }
    guard isMade else { return }
    let nearer = candidates[firstOfParent...].filter { $0.missingCount < missing }
    candidates.replaceSubrange(firstOfParent..., with: nearer)
    for index in firstOfParent..<candidates.count { candidates[index].isMadeToGoOn = true }
  }

  /// Adds a candidate unless with it there would be no room for what is required.
  private func append(
    _ token: Int32, _ logProbability: Float, parent: Int, _ step: Step, _ terms: BeamTerms,
    to candidates: inout [Candidate]
  ) {
    var candidate = Candidate(
      parent: parent, token: token, tokenLogProbability: logProbability,
      logProbability: live[parent].logProbability + Double(logProbability),
      setback: live[parent].setback)
    if !step.chosen.isEmpty {
      candidate.setback += terms.options.diversity * Double(step.chosen[token] ?? 0)
    }
    if let required = terms.required, let progress = live[parent].progress {
      let isEnd = token == terms.endToken
      candidate.missingCount = required.missingCount(
        isEnd ? progress : required.advance(progress, by: token))
      let room = isEnd ? 0 : terms.maximumLength - step.length - 1
      // A forced prefix has its own way; there is room for what is missing behind it.
      guard candidate.missingCount <= room || step.length < terms.forcedTokens.count else { return }
    }
    candidates.append(candidate)
  }

  /// The candidates that live on, as their places, best first.
  ///
  /// Where something is required, the best of all is one; the other places go round from those that
  /// have said most to those that have said least, so that every stage of saying it has some.
  ///
  /// - SeeAlso: Post, Vilar 2018, arXiv:1804.06609.
  private func survivors(of candidates: [Candidate], endToken: Int32) -> [Int] {
    let growing = candidates.indices.lazy.filter { candidates[$0].token != endToken }
    guard candidates.contains(where: { $0.missingCount > 0 }) else {
      return Array(growing.prefix(size))
    }
    var banks: [Int: ArraySlice<Int>] = [:]
    for index in growing { banks[candidates[index].missingCount, default: []].append(index) }
    let order = banks.keys.sorted()
    var chosen: [Int] = []
    if let best = growing.first {
      chosen.append(best)
      banks[candidates[best].missingCount]?.removeFirst()
    }
    var isExhausted = false
    while chosen.count < size && !isExhausted {
      isExhausted = true
      for bank in order where chosen.count < size {
        guard let next = banks[bank]?.popFirst() else { continue }
        chosen.append(next)
        isExhausted = false
      }
    }
    return chosen.sorted()
  }

  // MARK: Hypotheses

  /// What each source token will have had of attention after the step, by the hypothesis continued.
  private func coverages(after step: Step) -> [[Float]] {
    live.indices.map { parent in
      guard !step.scores.attention.isEmpty else { return [] }
      let attention = step.scores.attention[step.row(of: parent)]
      let before = live[parent].coverage
      return before.isEmpty ? attention : zip(before, attention).map { $0 + $1 }
    }
  }

  private mutating func grow(
    _ candidate: Candidate, from parents: [Live], coverages: [[Float]], _ step: Step,
    _ terms: BeamTerms, _ trellis: inout Trellis
  ) {
    let parent = parents[candidate.parent]
    var next = Live(
      parentRow: step.groupRow + candidate.parent, token: candidate.token,
      node: trellis.append(
        candidate.token, logProbability: candidate.tokenLogProbability, after: parent.node),
      logProbability: candidate.logProbability, setback: candidate.setback,
      coverage: coverages[candidate.parent])
    if let required = terms.required, let progress = parent.progress {
      let advanced = required.advance(progress, by: candidate.token)
      next.progress = advanced
      next.isMadeToGoOn = candidate.isMadeToGoOn && advanced.said == progress.said
    }
    live.append(next)
  }

  /// Counts a hypothesis that said EOS and keeps it if it is one of the best.
  private mutating func finish(
    _ candidate: Candidate, after parent: Live, coverage: [Float], _ length: Int,
    _ terms: BeamTerms, _ trellis: Trellis
  ) {
    finishedCount += 1
    let options = terms.options
    let score = options.score(candidate.logProbability, length: length + 1, coverage)
    // After those of equal score, which finished first.
    let place = finished.firstIndex { $0.score < score } ?? finished.count
    let keptCount = max(options.nBest, options.stoppingRule == .noneBetter ? size : 0)
    guard place < keptCount else { return }
    var path = trellis.path(to: parent.node)
    path.logProbabilities.append(candidate.tokenLogProbability)
    finished.insert(
      Hypothesis(
        tokens: path.tokens, logProbability: candidate.logProbability, score: score,
        tokenLogProbabilities: path.logProbabilities, stopReason: .endToken),
      at: place)
    if finished.count > keptCount { finished.removeLast() }
  }

  /// A live hypothesis that cannot go on.
  private func cutOff(
    _ live: Live, _ reason: StopReason, _ terms: BeamTerms, _ trellis: Trellis
  ) -> Hypothesis {
    let path = trellis.path(to: live.node)
    return Hypothesis(
      tokens: path.tokens, logProbability: live.logProbability,
      score: terms.options.score(
        live.logProbability, length: path.tokens.count, live.coverage),
      tokenLogProbabilities: path.logProbabilities, stopReason: reason)
  }

  /// Whether the stopping rule ends the search while hypotheses of this length live.
  private func isDecided(_ length: Int, _ terms: BeamTerms) -> Bool {
    guard !live.isEmpty else { return true }
    let options = terms.options
    guard size > 1 else { return finishedCount > 0 }
    switch options.stoppingRule {
    case .firstFinished: return finishedCount >= size
    case .patience(let factor):
      return finishedCount >= Int((factor * Double(size)).rounded(.up))
    case .noneAhead:
      return finishedCount >= size && !canImprove(lengths: length + 1...length + 1, options)
    case .provablyBest:
      // With EOS, and `length` tokens now, up to the maximum in the end.
      return !canImprove(lengths: length + 1...terms.maximumLength + 1, options)
    case .noneBetter:
      return finishedCount >= size && !canImprove(lengths: length...length, options)
    }
  }

  /// Whether the best live hypothesis, with every further token certain and so many in the end, would
  /// be among the best; coverage only costs.
  private func canImprove(lengths: ClosedRange<Int>, _ options: SearchOptions) -> Bool {
    let count = options.stoppingRule == .noneBetter ? size : min(options.nBest, size)
    guard finished.count >= count, let worst = finished.last else { return true }
    let best = live.map(\.logProbability).max() ?? 0
    return options.lengthNormalization.bestScore(logProbability: best, lengths: lengths)
      > worst.score
  }
}

extension SearchOptions {
  /// What ranks a hypothesis of so many log-probabilities, by the attention that each source token
  /// has had; without any, no coverage penalty.
  fileprivate func score(_ logProbability: Double, length: Int, _ coverage: [Float]) -> Double {
    let score = lengthNormalization.score(logProbability: logProbability, length: length)
    guard coveragePenalty > 0 else { return score }
    // An attention of 0 would make every score −∞ alike.
    return score
      + coveragePenalty
      * coverage.reduce(0) { $0 + log(Double(min(max($1, 1e-9), 1))) }
  }
}
