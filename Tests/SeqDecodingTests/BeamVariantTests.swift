import Foundation
import SeqDecoding
import Testing

/// Coverage, diversity, patience, and what is told of a search on its way.
@Suite struct BeamVariantTests {
  /// The scores of equation 14 of arXiv:1609.08144, from the model's attentions.
  private func covered(
    _ hypothesis: Hypothesis, source: [Int32], model: TableModel, penalty: Double
  ) -> Double {
    let steps = hypothesis.tokenLogProbabilities.count
    let attentions = (0..<steps).map {
      model.attention(source: source, prefix: Array(hypothesis.tokens.prefix($0)))
    }
    let coverage = source.indices.map { place in
      attentions.reduce(0) { $0 + Double($1[place]) }
    }
    return hypothesis.score
      + penalty * coverage.reduce(0) { $0 + log(min(max($1, 1e-9), 1)) }
  }

  @Test(arguments: BeamSearchTests.normalizations, [0.2, 1.5])
  func coverageRanksAllTargets(normalization: LengthNormalization, penalty: Double) throws {
    var changed = 0
    for seed: UInt64 in 1...6 {
      let model = TableModel(seed: seed)
      var options = SearchOptions(
        beamSize: 1000, nBest: 5, lengthNormalization: normalization, maximumLength: 4)
      let source: [Int32] = [4, 2, Int32(seed)]
      let every = Reference(model: model, options: options).everyHypothesis(for: source)
      let best = every.filter { $0.stopReason == .endToken }
        .map { (covered($0, source: source, model: model, penalty: penalty), $0.tokens) }
        .sorted { $0.0 > $1.0 }.prefix(5)
      options.coveragePenalty = penalty
      let found = try BeamSearch(options)([source], with: model)[0].hypotheses
      #expect(found.map(\.tokens) == best.map(\.1))
      for (hypothesis, expected) in zip(found, best) {
        #expect(abs(hypothesis.score - expected.0) < 1e-5 * max(1, abs(expected.0)))
      }
      if found[0].tokens != every[0].tokens { changed += 1 }
    }
    #expect(changed > 0 || penalty < 1)
  }

  @Test func coverageIsTheSameInABatch() throws {
    let model = TableModel(vocabularySize: 9, endBias: -1)
    let sources = randomSources(count: 40)
    let search = try BeamSearch(
      SearchOptions(beamSize: 4, nBest: 4, maximumLength: 8, coveragePenalty: 0.4))
    let together = try search(sources, with: model)
    for (source, result) in zip(sources, together) {
      #expect(try search([source], with: model)[0] == result)
    }
    var blind = model
    blind.givesAttention = false
    #expect(throws: SearchError.self) { try search(sources, with: blind) }
  }

  @Test func provablyBestCountsCoverage() throws {
    for seed: UInt64 in 1...10 {
      let model = TableModel(seed: seed, endBias: 2)
      var options = SearchOptions(beamSize: 2000, maximumLength: 5, coveragePenalty: 0.7)
      let all = try BeamSearch(options)([[4, 2, 7]], with: model)[0].best
      options.stoppingRule = .provablyBest
      #expect(try BeamSearch(options)([[4, 2, 7]], with: model)[0].best == all)
    }
  }

  @Test func oneGroupIsBeamSearch() throws {
    let model = TableModel(vocabularySize: 9)
    let sources = randomSources(count: 20)
    let usual = SearchOptions(beamSize: 4, nBest: 4, maximumLength: 7)
    var diverse = usual
    diverse.diversity = 9
    #expect(
      try BeamSearch(diverse)(sources, with: model) == BeamSearch(usual)(sources, with: model))
  }

  @Test func groupsWithoutDiversityAreSmallBeams() throws {
    let model = TableModel(vocabularySize: 9)
    for source in randomSources(count: 20) {
      let small = try BeamSearch(SearchOptions(beamSize: 2, nBest: 2, maximumLength: 7))(
        [source], with: model)[0]
      let groups = try BeamSearch(
        SearchOptions(beamSize: 6, nBest: 6, maximumLength: 7, groupCount: 3, diversity: 0))(
          [source], with: model)[0]
      #expect(Array(groups.hypotheses.prefix(2)) == small.hypotheses)
    }
  }

  @Test func groupsDiffer() throws {
    // Three groups of one under an overwhelming penalty begin with three different tokens.
    let model = TableModel(vocabularySize: 9, endBias: -9)
    let sources = randomSources(count: 30)
    let search = try BeamSearch(
      SearchOptions(beamSize: 3, nBest: 3, maximumLength: 5, groupCount: 3, diversity: 100))
    let usual = try BeamSearch(SearchOptions(beamSize: 3, nBest: 3, maximumLength: 5))
    var apart = 0
    for (diverse, plain) in zip(
      try search(sources, with: model), try usual(sources, with: model))
    {
      for place in 0..<5 {
        #expect(Set(diverse.hypotheses.map { $0.tokens[place] }).count == 3)
      }
      // The first group is not held back by any other: it is greedy.
      apart += Set(plain.hypotheses.map { $0.tokens[0] }).count
    }
    #expect(apart < 3 * sources.count)
  }

  @Test func theFirstGroupIsGreedyAndTheSecondIsPenalisedByIt() throws {
    let model = TableModel(seed: 4, vocabularySize: 7, endBias: -1)
    let diversity = 1.3
    for source in randomSources(count: 25) {
      let options = SearchOptions(
        beamSize: 2, nBest: 2, lengthNormalization: .none, maximumLength: 6, groupCount: 2,
        diversity: diversity)
      let found = try BeamSearch(options)([source], with: model)[0].hypotheses.map(\.tokens)
      // The textbook for two groups of one.
      var first: [Int32]? = []
      var second: [Int32]? = []
      var ended: [[Int32]] = []
      for length in 0...6 where first != nil || second != nil {
        var said: Int32?
        func advance(_ tokens: inout [Int32]?, against other: Int32?) -> Int32? {
          guard let prefix = tokens else { return nil }
          var row = model.logProbabilities(source: source, prefix: prefix).map(Double.init)
          if let other { row[Int(other)] -= diversity }
          var best = 0
          for token in row.indices where row[token] > row[best] { best = token }
          guard best != 2 && length < 6 else {
            ended.append(prefix)
            tokens = nil
            return nil
          }
          tokens = prefix + [Int32(best)]
          return Int32(best)
        }
        said = advance(&first, against: nil)
        _ = advance(&second, against: said)
      }
      #expect(Set(found) == Set(ended))
    }
  }

  @Test func patienceFindsMoreAndCostsMore() throws {
    var costs: [Int] = []
    var scores: [Double] = []
    for patience in [0.25, 1, 3] {
      let model = TableModel(vocabularySize: 9, endBias: 1)
      let options = SearchOptions(
        beamSize: 4, lengthNormalization: .average, maximumLength: 12,
        stoppingRule: .patience(patience))
      let found = try BeamSearch(options)(randomSources(count: 40), with: model)
      costs.append(model.log.totalRows)
      scores.append(found.reduce(0) { $0 + $1.best.score })
      if patience == 1 {
        var first = options
        first.stoppingRule = .firstFinished
        #expect(try BeamSearch(first)(randomSources(count: 40), with: model) == found)
      }
    }
    #expect(costs == costs.sorted() && Set(costs).count == 3)
    #expect(scores == scores.sorted())
  }

  @Test(arguments: [1, 3, 6])
  func whatIsCertainStaysAndGrows(beamSize: Int) throws {
    let model = TableModel(vocabularySize: 6, endBias: -1)
    let sources = randomSources(count: 30)
    var told = sources.map { _ in [[Int32]]() }
    let search = try BeamSearch(
      SearchOptions(beamSize: beamSize, nBest: 1, maximumLength: 8))
    let results = try search(sources.map { SearchRequest($0) }, with: model) { sentence, tokens in
      told[sentence].append(tokens)
    }
    #expect(results == (try search(sources, with: model)))
    for (told, result) in zip(told, results) {
      #expect(told.last ?? [] == result.best.tokens)
      for (before, after) in zip(told, told.dropFirst()) {
        #expect(after.count > before.count && after.starts(with: before))
      }
      // Greedy search is certain of every token at once.
      if beamSize == 1 { #expect(told.count == result.best.tokens.count) }
    }
    if beamSize > 1 { #expect(told.contains { $0.count > 1 }) }
  }

  @Test func whatAGroupThatDiedLeftMayStillWin() throws {
    // The first group says 0 and can say no more, the second 3, 4 and then the end, if that is
    // possible.
    let rules = ForbiddenPhrases([
      [0, 0], [0, 2], [0, 3], [0, 4], [3, 0], [3, 2], [3, 3], [4, 0], [4, 3], [4, 4],
    ])
    let cases: [(end: Double, ranksCutOff: Bool, best: [Int32])] = [
      (0, false, [0]), (0.01, true, [0]), (0.01, false, [3, 4]),
    ]
    for (end, ranksCutOff, best) in cases {
      let options = SearchOptions(
        beamSize: 2, lengthNormalization: .none, maximumLength: 9, groupCount: 2, diversity: 10,
        ranksCutOff: ranksCutOff)
      var told: [[Int32]] = []
      let results = try BeamSearch(options, processors: [rules])(
        [SearchRequest([1])], with: FixedModel(probabilities: [0.5, 0, end, 0.4, 0.1 - end])
      ) { told.append($1) }
      #expect(results[0].best.tokens == best)
      #expect(told == [best])
    }
  }

  /// Sure of ten times token 3 and then the end; all else, the end too, is equally unlikely.
  private struct SureModel: StepModel {
    let vocabularySize = 20
    let beginToken: Int32 = 1
    let endToken: Int32 = 2
    let excludedTokens: [Int32] = [0, 1]

    func start(sources: [[Int32]]) -> Int { 0 }

    func step(_ tokens: [Int32], state: inout Int, _ request: StepRequest) -> BestScores {
      let sure: Int32 = state == 10 ? 2 : 3
      state += 1
      let order = [sure] + (0..<20).filter { $0 != sure }
      let best = Array(order.prefix(request.best))
      return BestScores(
        countPerRow: best.count, tokens: tokens.flatMap { _ in best },
        logProbabilities: tokens.flatMap { _ in best.map { $0 == sure ? -1e-6 : -14 } })
    }

    func reorder(_ state: inout Int, rows: [Int]) {}
  }

  @Test func whatIsFarAheadIsNotLostToNonsenseThatEnds() throws {
    for beamSize in [1, 2, 5] {
      let best = try BeamSearch(SearchOptions(beamSize: beamSize))([[1]], with: SureModel())[0].best
      #expect(best.tokens == [Int32](repeating: 3, count: 10), "beam \(beamSize)")
    }
    // The rule that stops at the first few shows why it is not the default.
    let hasty = SearchOptions(beamSize: 5, stoppingRule: .firstFinished)
    #expect(try BeamSearch(hasty)([[1]], with: SureModel())[0].best.tokens.count < 10)
  }

  @Test func problemsOfTheNewOptionsAreNamed() {
    let options = SearchOptions(
      beamSize: 2, stoppingRule: .patience(0), coveragePenalty: -1, groupCount: 3,
      diversity: .nan)
    #expect {
      try BeamSearch(options)
    } throws: { error in
      guard case .invalidOptions(let problems)? = error as? SearchError else { return false }
      return problems.count == 4
    }
  }
}
