import SeqDecoding
import Testing

/// Minimum and maximum length, processors, and what a search refuses.
@Suite struct SearchLimitTests {
  @Test(arguments: [1, 4])
  func lengthsAreKept(beamSize: Int) throws {
    let minimum = LengthLimit(perSourceToken: 0.5, constant: 1)
    let maximum = LengthLimit(perSourceToken: 1, constant: 3)
    let options = SearchOptions(
      beamSize: beamSize, nBest: beamSize, minimumLength: minimum, maximumLength: maximum)
    let sources = randomSources(count: 60)
    var reasons: Set<StopReason> = []
    for bias in [2.0, -6.0] {
      let model = TableModel(vocabularySize: 10, endBias: bias)
      for (source, result) in zip(sources, try BeamSearch(options)(sources, with: model)) {
        for hypothesis in result.hypotheses {
          let length = hypothesis.tokens.count
          #expect(length >= minimum.tokenCount(sourceLength: source.count))
          #expect(length <= maximum.tokenCount(sourceLength: source.count))
          #expect(!hypothesis.tokens.contains(model.endToken))
          if hypothesis.stopReason == .maximumLength {
            #expect(length == maximum.tokenCount(sourceLength: source.count))
            #expect(hypothesis.tokenLogProbabilities.count == length)
          }
          reasons.insert(hypothesis.stopReason)
        }
      }
    }
    #expect(reasons == [.endToken, .maximumLength])
  }

  @Test func cutOffHypothesesRankLast() throws {
    // Ending is so unlikely that every cut-off target has the higher score.
    let model = TableModel(vocabularySize: 6, endBias: -8)
    let options = SearchOptions(
      beamSize: 40, nBest: 40, lengthNormalization: .none, maximumLength: 2)
    let found = try BeamSearch(options)([[1]], with: model)[0].hypotheses
    let reasons = found.map(\.stopReason)
    let finishedCount = reasons.count { $0 == .endToken }
    #expect(finishedCount > 0 && finishedCount < found.count)
    #expect(reasons.prefix(finishedCount).allSatisfy { $0 == .endToken })
    let worstFinished = try #require(found.prefix(finishedCount).last)
    #expect(found[finishedCount].score > worstFinished.score)
  }

  @Test func onlyTheCandidatesNeededAreAskedFor() throws {
    let model = TableModel(vocabularySize: 50, endBias: 20)
    _ = try BeamSearch(SearchOptions(beamSize: 1, minimumLength: 3))([[1]], with: model)
    #expect(model.log.counts == [2, 2, 2, 1])
    let wide = TableModel(vocabularySize: 50, endBias: 20)
    _ = try BeamSearch(SearchOptions(beamSize: 4, minimumLength: 1))([[1]], with: wide)
    #expect(wide.log.counts == [6, 5])
  }

  @Test func modelsStepLimitIsKept() throws {
    let model = TableModel(stepLimit: 4, endBias: -30)
    for beamSize in [1, 3] {
      let result = try BeamSearch(SearchOptions(beamSize: beamSize))([[1]], with: model)[0]
      #expect(result.best.tokens.count == 3)
      #expect(result.best.stopReason == .maximumLength)
    }
    #expect(model.log.rowsStepped == [1, 1, 1, 1, 1, 3, 3, 3])
  }

  /// Beam search and sampling, with the same limits and rules.
  private func searches(
    _ count: Int, minimum: LengthLimit = 0, maximum: LengthLimit = 256,
    _ processors: [any ScoreProcessor] = []
  ) throws -> [any TargetSearch] {
    [
      try BeamSearch(
        SearchOptions(beamSize: count, minimumLength: minimum, maximumLength: maximum),
        processors: processors),
      try Sampling(
        SamplingOptions(sampleCount: count, minimumLength: minimum, maximumLength: maximum),
        processors: processors),
    ]
  }

  @Test(arguments: [1, 3])
  func theMinimumGivesWayToWhatMayBeSaid(count: Int) throws {
    // The end is by far the likeliest token, and has to wait until nothing else may come.
    let model = TableModel(stepLimit: 4, endBias: 30)
    var short = SearchRequest([1])
    short.maximumLength = 2
    for search in try searches(count, minimum: 9) {
      let results = try search([SearchRequest([1]), short], with: model, progress: nil)
      #expect(results.map(\.best.tokens.count) == [3, 2])
      #expect(results.allSatisfy { $0.best.stopReason == .endToken })
    }
  }

  @Test(arguments: [1, 3])
  func theCertainEndComesWhereNothingElseMay(count: Int) throws {
    // The least likely token, and none of the lengths is the maximum of the options.
    let unlimited = TableModel(endBias: -30)
    let limited = TableModel(stepLimit: 4, endBias: -30)
    var short = SearchRequest([1])
    short.maximumLength = 2
    let long = SearchRequest([1], prefix: [0, 3, 0, 3, 0, 3])
    for search in try searches(count, maximum: 5, [CertainToken(unlimited.endToken, at: .end)]) {
      for (model, request, length) in [
        (limited, SearchRequest([1]), 3), (unlimited, short, 2), (unlimited, long, 6),
      ] {
        let best = try search([request], with: model, progress: nil)[0].best
        #expect(best.tokens.count == length && best.stopReason == .endToken)
      }
    }
  }

  @Test(arguments: [1, 3])
  func processorsSeeTheHypothesisAndAreObeyed(beamSize: Int) throws {
    /// No token twice, and none that equals the source's length.
    struct Distinct: ScoreProcessor {
      func change(after hypothesis: PartialHypothesis) -> ScoreChange {
        let tokens = hypothesis.tokens
        precondition(tokens.count == hypothesis.length)
        precondition(hypothesis.maximumLength == 6)
        precondition(hypothesis.lastTokens(2) == Array(tokens.suffix(2)))
        return .forbid(tokens + [Int32(hypothesis.sourceLength)])
      }
    }
    let model = TableModel(vocabularySize: 9, endBias: -9)
    let sources = randomSources(count: 30).filter { $0.count != 2 }
    let search = try BeamSearch(
      SearchOptions(beamSize: beamSize, nBest: beamSize, maximumLength: 6),
      processors: [Distinct()])
    let free = try BeamSearch(search.options)(sources, with: model)
    #expect(free.contains { Set($0.best.tokens).count < $0.best.tokens.count })
    for (source, result) in zip(sources, try search(sources, with: model)) {
      for hypothesis in result.hypotheses {
        #expect(hypothesis.tokens.count == 6)
        #expect(Set(hypothesis.tokens).count == 6)
        #expect(!hypothesis.tokens.contains(Int32(source.count)))
      }
    }
  }

  @Test func greedyEndsWithTheFirstEndThoughAProcessorAsksForMore() throws {
    struct NeverZero: ScoreProcessor {
      func change(after hypothesis: PartialHypothesis) -> ScoreChange { .forbid([0]) }
    }
    let model = TableModel(vocabularySize: 9, endBias: 1)
    let sources = randomSources(count: 30)
    var options = SearchOptions(beamSize: 1, lengthNormalization: .gnmt(alpha: 5))
    let usual = try BeamSearch(options, processors: [NeverZero()])(sources, with: model)
    options.stoppingRule = .provablyBest
    let patient = try BeamSearch(options, processors: [NeverZero()])(sources, with: model)
    #expect(patient == usual)
    #expect(model.log.counts.allSatisfy { $0 == 2 })
  }

  @Test func everyProblemOfTheOptionsIsNamed() throws {
    let options = SearchOptions(
      beamSize: 0, nBest: 2, lengthNormalization: .gnmt(alpha: .nan),
      maximumLength: LengthLimit(perSourceToken: .infinity, constant: 0))
    #expect {
      try BeamSearch(options)
    } throws: { error in
      guard case .invalidOptions(let problems)? = error as? SearchError else { return false }
      return problems.count == 4 && "\(error)".contains("2 best of a beam of 0")
    }
    #expect(throws: SearchError.self) { try BeamSearch(SearchOptions(beamSize: 2, nBest: 3)) }
  }

  @Test func notANumberNamesSentenceAndStep() throws {
    let model = TableModel(endBias: -9, poison: 8)
    #expect(throws: SearchError.notANumber(sentence: 2, step: 1)) {
      try BeamSearch(SearchOptions())([[1], [2, 8], [8], [4]], with: model)
    }
  }
}
