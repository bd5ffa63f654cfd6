import SeqDecoding

/// Slow searches that a reader can check, over complete distributions and whole prefixes.
struct Reference {
  let model: TableModel
  let options: SearchOptions
  /// What processors make of the distribution after some tokens.
  var adjusted: (_ tokens: [Int32], _ row: [Float]) -> [Float] = { $1 }

  /// Every target there is, in the order of a result.
  func everyHypothesis(for source: [Int32]) -> [Hypothesis] {
    var finished: [Hypothesis] = []
    var unfinished: [Hypothesis] = []
    let maximum = options.maximumLength.tokenCount(sourceLength: source.count)
    let minimum = min(options.minimumLength.tokenCount(sourceLength: source.count), maximum)

    func extend(_ tokens: [Int32], _ logProbabilities: [Float]) {
      let row = adjusted(tokens, model.logProbabilities(source: source, prefix: tokens))
      let end = row[Int(model.endToken)]
      if end > -.infinity && tokens.count >= minimum {
        finished.append(hypothesis(tokens, logProbabilities + [end], .endToken))
      } else if tokens.count == maximum {
        unfinished.append(hypothesis(tokens, logProbabilities, .maximumLength))
      }
      guard tokens.count < maximum else { return }
      for (token, value) in row.enumerated()
      where token != Int(model.endToken) && value > -.infinity {
        extend(tokens + [Int32(token)], logProbabilities + [value])
      }
    }
    extend([], [])
    return finished.sorted { $0.score > $1.score } + unfinished.sorted { $0.score > $1.score }
  }

  /// Follows the likeliest token.
  func greedy(for source: [Int32]) -> Hypothesis {
    let maximum = options.maximumLength.tokenCount(sourceLength: source.count)
    let minimum = min(options.minimumLength.tokenCount(sourceLength: source.count), maximum)
    var tokens: [Int32] = []
    var logProbabilities: [Float] = []
    while true {
      var row = model.logProbabilities(source: source, prefix: tokens)
      if tokens.count < minimum { row[Int(model.endToken)] = -.infinity }
      var best = 0
      for token in row.indices where row[token] > row[best] { best = token }
      if best == Int(model.endToken) {
        return hypothesis(tokens, logProbabilities + [row[best]], .endToken)
      }
      if tokens.count == maximum { return hypothesis(tokens, logProbabilities, .maximumLength) }
      tokens.append(Int32(best))
      logProbabilities.append(row[best])
    }
  }

  /// One sentence's beam search that stops at `beamSize` finished, without caches or batches.
  func beam(for source: [Int32]) -> [Hypothesis] {
    typealias Partial = (tokens: [Int32], logProbabilities: [Float])
    let maximum = options.maximumLength.tokenCount(sourceLength: source.count)
    var live: [Partial] = [([], [])]
    var finished: [Hypothesis] = []
    while true {
      let candidates = live.flatMap { partial in
        model.logProbabilities(source: source, prefix: partial.tokens).enumerated().map {
          Partial(partial.tokens + [Int32($0)], partial.logProbabilities + [$1])
        }
      }.sorted { sum($0.logProbabilities) > sum($1.logProbabilities) }
      let ends = candidates.prefix(options.beamSize).filter { $0.tokens.last == model.endToken }
      finished += ends.map { hypothesis($0.tokens.dropLast(), $0.logProbabilities, .endToken) }
      let rest = live.filter { partial in
        !ends.contains { $0.tokens.dropLast() == partial.tokens[...] }
      }
      let isLast = live[0].tokens.count == maximum
      live = Array(
        candidates.filter { $0.tokens.last != model.endToken }.prefix(options.beamSize))
      if finished.count >= options.beamSize || isLast {
        let cut = rest.map { hypothesis($0.tokens, $0.logProbabilities, .maximumLength) }
        let all = finished.sorted { $0.score > $1.score } + (isLast ? cut : [])
        return Array(all.prefix(options.nBest))
      }
    }
  }

  func hypothesis(_ tokens: [Int32], _ logProbabilities: [Float], _ reason: StopReason)
    -> Hypothesis
  {
    Hypothesis(
      tokens: tokens, logProbability: sum(logProbabilities),
      score: options.lengthNormalization.score(
        logProbability: sum(logProbabilities), length: logProbabilities.count),
      tokenLogProbabilities: logProbabilities, stopReason: reason)
  }

  private func sum(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } }
}
