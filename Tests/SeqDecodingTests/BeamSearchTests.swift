import SeqDecoding
import Testing

/// What one sentence's search finds, against searches a reader can check.
@Suite struct BeamSearchTests {
  static let normalizations: [LengthNormalization] = [
    .none, .average, .gnmt(alpha: 0.6), .gnmt(alpha: 5), .gnmt(alpha: -1),
  ]

  @Test(arguments: normalizations, [0, 2, 9])
  func wideBeamFindsEverything(normalization: LengthNormalization, minimum: Int) throws {
    for maximum in [0, 1, 3, 5] {
      for impossible: UInt64 in [0, 3] {
        let model = TableModel(seed: UInt64(maximum), impossibleOfEight: impossible)
        let options = SearchOptions(
          beamSize: 1000, nBest: 1000, lengthNormalization: normalization,
          minimumLength: LengthLimit(constant: Double(minimum)),
          maximumLength: LengthLimit(constant: Double(maximum)))
        for source in randomSources(count: 4) {
          let found = try BeamSearch(options)([source], with: model)[0].hypotheses
          let every = Reference(model: model, options: options).everyHypothesis(for: source)
          #expect(found == every)
          // Three tokens that go on: 3⁰ + … + 3^maximum targets if nothing forbids any.
          if impossible == 0 && minimum == 0 {
            #expect(every.count == [0: 1, 1: 4, 3: 40, 5: 364][maximum])
          }
        }
      }
    }
  }

  @Test(arguments: normalizations)
  func provablyBestIsBestAndStopsEarly(normalization: LengthNormalization) throws {
    var steps = 0
    for seed: UInt64 in 1...20 {
      let model = TableModel(
        seed: seed, impossibleOfEight: 1, endBias: seed.isMultiple(of: 2) ? 3 : -1)
      let options = SearchOptions(
        beamSize: 2000, nBest: 3, lengthNormalization: normalization, maximumLength: 6,
        stoppingRule: .provablyBest)
      let found = try BeamSearch(options)([[4, 2]], with: model)[0].hypotheses
      let every = Reference(model: model, options: options).everyHypothesis(for: [4, 2])
      #expect(found == Array(every.prefix(3)))
      steps += model.log.rowsStepped.count
    }
    // Seven steps a search exhaust the space, and at α = 5 the longest is always still possible.
    #expect(normalization == .gnmt(alpha: 5) ? steps == 20 * 7 : steps < 20 * 7)
  }

  @Test func provablyBestWaitsForALongTargetThatWins() throws {
    // Ending at once has probability 0.9, average ln 0.9 = −0.105; going on is certain after the
    // first token until it ends with average ln 0.1 / 30 = −0.077.
    var only: [Int: [Int32]] = [0: [2, 3], 29: [2]]
    for length in 1..<29 { only[length] = [3] }
    let model = TableModel(levels: 1, endBias: 2.1972, only: only)
    var options = SearchOptions(
      beamSize: 2, lengthNormalization: .average, maximumLength: 40, stoppingRule: .provablyBest)
    let best = try BeamSearch(options)([[1]], with: model)[0].best
    #expect(best.tokens.count == 29)
    #expect(abs(best.score + 0.0768) < 1e-3)
    // With at most ten tokens it cannot win, and the search knows at once.
    options.maximumLength = 10
    let hurried = TableModel(levels: 1, endBias: 2.1972, only: only)
    #expect(try BeamSearch(options)([[1]], with: hurried)[0].best.tokens.isEmpty)
    #expect(hurried.log.rowsStepped == [1])
  }

  @Test(arguments: [2, 3, 5])
  func narrowBeamEqualsTheTextbook(beamSize: Int) throws {
    var cut = 0
    for seed: UInt64 in 1...40 {
      let model = TableModel(seed: seed, vocabularySize: 7, endBias: seed < 20 ? 1 : -3)
      let options = SearchOptions(
        beamSize: beamSize, nBest: beamSize - 1, maximumLength: LengthLimit(constant: 6),
        stoppingRule: .firstFinished)
      let found = try BeamSearch(options)([[Int32(seed)]], with: model)[0].hypotheses
      #expect(found == Reference(model: model, options: options).beam(for: [Int32(seed)]))
      cut += found.count { $0.stopReason == .maximumLength }
    }
    #expect(cut > 0)
  }

  @Test(arguments: [SearchOptions.StoppingRule.firstFinished, .provablyBest])
  func beamOfOneIsGreedy(rule: SearchOptions.StoppingRule) throws {
    for (seed, levels) in [(1, 1 << 20), (2, 3), (3, 1)] {
      let model = TableModel(seed: UInt64(seed), vocabularySize: 11, levels: levels, endBias: 0.5)
      for minimum in [0, 3] {
        let options = SearchOptions(
          beamSize: 1, minimumLength: LengthLimit(constant: Double(minimum)),
          maximumLength: LengthLimit(perSourceToken: 2, constant: 4), stoppingRule: rule)
        let sources = randomSources(count: 50)
        let found = try BeamSearch(options)(sources, with: model)
        let reference = Reference(model: model, options: options)
        #expect(found.map(\.hypotheses) == sources.map { [reference.greedy(for: $0)] })
      }
    }
  }

  @Test func scoresAreTheSumsOfTheModel() throws {
    let model = TableModel(vocabularySize: 9)
    let sources = randomSources(count: 30)
    let options = SearchOptions(beamSize: 6, nBest: 6, maximumLength: 8)
    for (source, result) in zip(sources, try BeamSearch(options)(sources, with: model)) {
      for hypothesis in result.hypotheses {
        let isFinished = hypothesis.stopReason == .endToken
        let tokens = hypothesis.tokens + (isFinished ? [model.endToken] : [])
        let steps = tokens.indices.map { position in
          model.logProbabilities(source: source, prefix: Array(tokens[..<position]))[
            Int(tokens[position])]
        }
        #expect(hypothesis.tokenLogProbabilities == steps)
        #expect(hypothesis.logProbability == steps.reduce(0) { $0 + Double($1) })
        #expect(
          hypothesis.score
            == LengthNormalization.gnmt(alpha: 0.6).score(
              logProbability: hypothesis.logProbability, length: tokens.count))
      }
    }
  }

  @Test func nBestIsSortedAndDistinct() throws {
    // As many candidates a row as there are tokens: the beam is wider than the vocabulary.
    let model = TableModel(vocabularySize: 3)
    let options = SearchOptions(beamSize: 12, nBest: 12, maximumLength: 20)
    for result in try BeamSearch(options)(randomSources(count: 20), with: model) {
      #expect(result.hypotheses.count == 12)
      #expect(Set(result.hypotheses.map(\.tokens)).count == 12)
      let scores = result.hypotheses.map(\.score)
      #expect(scores == scores.sorted(by: >))
      #expect(result.best == result.hypotheses[0])
    }
    #expect(model.log.counts.allSatisfy { $0 == 3 })
  }

  @Test func tiesGoToTheEarlierHypothesisAndTheLowerToken() throws {
    // Everything equally likely: ranks are those of parents and ids alone.
    let model = TableModel(vocabularySize: 5, levels: 1)
    let options = SearchOptions(
      beamSize: 4, nBest: 4, lengthNormalization: .average, maximumLength: 3)
    let result = try BeamSearch(options)([[1]], with: model)[0]
    // Step 1: 0, 1, EOS, 3 → finishes [], lives 0, 1, 3, 4.
    // Step 2: 0·0, 0·1, 0·EOS, 0·3 → finishes [0], lives 0·0, 0·1, 0·3, 0·4. And so on.
    #expect(result.hypotheses.map(\.tokens) == [[], [0], [0, 0], [0, 0, 0]])
  }

  @Test func impossibleTokensNeverCome() throws {
    let model = TableModel(vocabularySize: 8, impossibleOfEight: 6)
    let options = SearchOptions(beamSize: 10, nBest: 10, maximumLength: 5)
    for result in try BeamSearch(options)(randomSources(count: 40), with: model) {
      for hypothesis in result.hypotheses {
        #expect(hypothesis.logProbability.isFinite)
        #expect(hypothesis.tokenLogProbabilities.allSatisfy { $0 > -.infinity })
      }
    }
  }

  @Test(arguments: [1, 3])
  func deadEndGivesWhatThereIs(beamSize: Int) throws {
    let options = SearchOptions(beamSize: beamSize, maximumLength: 9)
    let model = TableModel(only: [0: [3], 1: [0], 2: []])
    let best = try BeamSearch(options)([[5]], with: model)[0].best
    #expect(best.tokens == [3, 0])
    #expect(best.stopReason == .noContinuation)
    let mute = TableModel(only: [0: []])
    let nothing = try BeamSearch(options)([[5]], with: mute)[0].best
    #expect(nothing.tokens.isEmpty && nothing.stopReason == .noContinuation)
    #expect(nothing.score == 0)
  }
}
