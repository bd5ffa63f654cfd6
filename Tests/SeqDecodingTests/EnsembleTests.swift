import Foundation
import SeqDecoding
import Testing

/// Several models searched as one.
@Suite struct EnsembleTests {
  private let options = SearchOptions(beamSize: 4, nBest: 4, maximumLength: 6)

  @Test(arguments: EnsembleSteps.Combination.allCases)
  func oneModelAloneOrTwiceIsTheModel(combination: EnsembleSteps.Combination) throws {
    for seed: UInt64 in 1...5 {
      let model = TableModel(
        seed: seed, vocabularySize: 9, excludedTokens: [1], stepLimit: 5,
        impossibleOfEight: seed % 3)
      let sources = randomSources(count: 20)
      let expected = try BeamSearch(options)(sources, with: model)
      for copies in [1, 2, 4] {
        let ensemble = EnsembleSteps(
          Array(repeating: model, count: copies), combination: combination)
        #expect(try BeamSearch(options)(sources, with: ensemble) == expected)
      }
      // Three quarters of a logarithm and a quarter of it may not sum to all of it.
      guard combination == .linear else { continue }
      let weighted = EnsembleSteps([model, model], combination: combination, weights: [3, 1])
      #expect(try BeamSearch(options)(sources, with: weighted) == expected)
    }
  }

  /// What the definitions say of some rows.
  private func combined(
    _ rows: [[Float]], _ combination: EnsembleSteps.Combination, _ weights: [Double]
  ) -> [Double] {
    rows[0].indices.map { token in
      let values = zip(rows, weights).map { (Double($0[token]), $1) }
      return combination == .linear
        ? log(values.reduce(0) { $0 + $1.1 * exp($1.0) })
        : values.reduce(0) { $0 + $1.1 * $1.0 }
    }
  }

  @Test(arguments: EnsembleSteps.Combination.allCases, [[], [1, 3, 0.5]] as [[Double]])
  func rowsAreWhatTheDefinitionSays(
    combination: EnsembleSteps.Combination, weights: [Double]
  ) throws {
    // Of different kinds, one with a state that is only a number.
    let fixed = FixedModel(
      probabilities: [0.3, 0.2, 0.1, 0.25, 0.1, 0.05], excludedTokens: [0], stepLimit: 7)
    let first = TableModel(seed: 1, vocabularySize: 6, excludedTokens: [1])
    let second = TableModel(seed: 2, vocabularySize: 6, stepLimit: 5, impossibleOfEight: 2)
    let ensemble = EnsembleSteps(
      [first, fixed, second], combination: combination, weights: weights)
    #expect(ensemble.excludedTokens == [0, 1])
    #expect(ensemble.stepLimit == 5)
    #expect(abs(ensemble.weights.reduce(0, +) - 1) < 1e-12)
    var state = try ensemble.start(sources: [[3], [4, 4]])
    var prefixes: [[Int32]] = [[], []]
    var sources: [[Int32]] = [[3], [4, 4]]
    for step in 0..<4 {
      let tokens = prefixes.map { $0.last ?? 1 }
      let scores = try ensemble.step(
        tokens, state: &state,
        StepRequest(best: 3, wholeRows: step == 2 ? [1] : Array(tokens.indices)))
      for (row, prefix) in prefixes.enumerated() where step != 2 || row == 1 {
        let expected = combined(
          [
            first.logProbabilities(source: sources[row], prefix: prefix), fixed.logProbabilities,
            second.logProbabilities(source: sources[row], prefix: prefix),
          ], combination, ensemble.weights)
        let place = step == 2 ? 0 : row
        let found = Array(scores.wholeRows[place * 6..<(place + 1) * 6])
        for (value, definition) in zip(found, expected) {
          #expect(
            definition == -.infinity
              ? value == -.infinity : abs(Double(value) - definition) < 2e-6)
        }
        let order = found.indices.sorted { (found[$1], $0) < (found[$0], $1) }.prefix(3)
        #expect(Array(scores.tokens[row * 3..<row * 3 + 3]) == order.map { Int32($0) })
        #expect(
          Array(scores.logProbabilities[row * 3..<row * 3 + 3]) == order.map { found[$0] })
      }
      // The second source first, and twice.
      if step == 0 {
        ensemble.reorder(&state, rows: [1, 1])
        (sources, prefixes) = ([sources[1], sources[1]], [prefixes[1], prefixes[1]])
      }
      prefixes = prefixes.enumerated().map { row, prefix in prefix + [Int32(3 + (row + step) % 2)] }
    }
  }

  @Test(arguments: EnsembleSteps.Combination.allCases)
  func wideBeamFindsTheBestOfTheEnsemble(combination: EnsembleSteps.Combination) throws {
    let first = TableModel(seed: 1)
    let second = TableModel(seed: 2, impossibleOfEight: 1)
    let ensemble = EnsembleSteps([first, second], combination: combination, weights: [2, 1])
    let options = SearchOptions(beamSize: 1000, nBest: 1000, maximumLength: 4)
    for source in randomSources(count: 5) {
      var reference = Reference(model: first, options: options)
      reference.adjusted = { tokens, row in
        combined(
          [row, second.logProbabilities(source: source, prefix: tokens)], combination,
          [2 / 3, 1 / 3]
        ).map { Float($0) }
      }
      let every = reference.everyHypothesis(for: source)
      let found = try BeamSearch(options)([source], with: ensemble)[0].hypotheses
      #expect(Set(found.map(\.tokens)) == Set(every.map(\.tokens)))
      for (found, expected) in zip(found, every) {
        #expect(abs(found.score - expected.score) < 1e-5)
      }
    }
  }

  @Test func whatIsUnlikelyEverywhereKeepsItsScoreAndFaultsStayVisible() throws {
    let small = FixedModel(probabilities: [1, exp(-120), exp(-130)])
    let ensemble = EnsembleSteps([small, small, small])
    var state = try ensemble.start(sources: [[1]])
    let row = try ensemble.step([1], state: &state, StepRequest(wholeRows: [0])).wholeRows
    #expect(abs(row[1] + 120) < 1e-4 && abs(row[2] + 130) < 1e-4)
    let faulty = EnsembleSteps([
      TableModel(vocabularySize: 3, endBias: -9), TableModel(vocabularySize: 3, poison: 8),
    ])
    #expect(throws: SearchError.notANumber(sentence: 1, step: 1)) {
      try BeamSearch(SearchOptions())([[1], [8]], with: faulty)
    }
    #expect(throws: SearchError.notANumber(sentence: 1, step: 1)) {
      try Sampling(SamplingOptions())(
        [SearchRequest([1], prefix: [0]), SearchRequest([8], prefix: [0])], with: faulty,
        progress: nil)
    }
  }

  @Test func samplesOfAnEnsembleComeFromItsMean() throws {
    let ensemble = EnsembleSteps(
      [
        FixedModel(probabilities: [0.7, 0.1, 0.1, 0.1]),
        FixedModel(probabilities: [0.1, 0.1, 0.1, 0.7]),
      ], weights: [1, 3])
    let samples = try Sampling(SamplingOptions(sampleCount: 10_000, maximumLength: 1))(
      [SearchRequest([2])], with: ensemble, progress: nil)[0].hypotheses
    var counts: [Int: Int] = [:]
    for sample in samples { counts[sample.tokens.first.map(Int.init) ?? 2, default: 0] += 1 }
    let test = ChiSquare(counts: counts, probabilities: [0.25, 0.1, 0.1, 0.55])
    #expect(test.isPassed, "χ² \(test.statistic) at \(test.degreesOfFreedom) degrees")
  }
}
