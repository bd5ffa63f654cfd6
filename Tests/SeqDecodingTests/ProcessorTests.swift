import SeqDecoding
import Testing

/// What processors promise, and that a search with them still finds the best that they allow.
@Suite struct ProcessorTests {
  /// A set of processors, and the same rules said plainly.
  struct Rules: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let processors: [any ScoreProcessor]
    let adjusted: @Sendable (_ tokens: [Int32], _ row: [Float]) -> [Float]

    init(
      _ name: String, _ processors: [any ScoreProcessor],
      _ adjusted: @escaping @Sendable (_ tokens: [Int32], _ row: [Float]) -> [Float]
    ) {
      testDescription = name
      self.processors = processors
      self.adjusted = adjusted
    }

    /// Rules on whole targets: a token is impossible when what it makes breaks one.
    static func forbidding(
      _ name: String, _ processors: [any ScoreProcessor],
      _ isBroken: @escaping @Sendable ([Int32]) -> Bool
    ) -> Rules {
      Rules(name, processors) { tokens, row in
        row.enumerated().map { token, value in
          // EOS is no token of the target.
          token != 2 && isBroken(tokens + [Int32(token)]) ? -.infinity : value
        }
      }
    }
  }

  static let phrases: [[Int32]] = [[3], [0, 1], [1, 1, 0], []]

  static let all: [Rules] = [
    .forbidding("forbidden phrases", [ForbiddenPhrases(phrases)]) { tokens in
      phrases.contains { holds(tokens, $0) }
    },
    .forbidding("no bigram twice", [NoRepeatNGram(size: 2)]) { hasRepeated(2, $0) },
    .forbidding("no token twice", [NoRepeatNGram(size: 1)]) { hasRepeated(1, $0) },
    Rules("penalty", [RepetitionPenalty(factor: 1.7)]) { penalized($0, $1, by: 1.7) },
    Rules("reward", [RepetitionPenalty(factor: 0.5)]) { penalized($0, $1, by: 0.5) },
    Rules("together", [RepetitionPenalty(factor: 1.3), NoRepeatNGram(size: 2)]) { tokens, row in
      penalized(tokens, row, by: 1.3).enumerated().map { token, value in
        token != 2 && hasRepeated(2, tokens + [Int32(token)]) ? -.infinity : value
      }
    },
  ]

  private static func holds(_ tokens: [Int32], _ phrase: [Int32]) -> Bool {
    !phrase.isEmpty && tokens.count >= phrase.count
      && (0...tokens.count - phrase.count).contains {
        tokens[$0..<$0 + phrase.count] == phrase[...]
      }
  }

  private static func hasRepeated(_ size: Int, _ tokens: [Int32]) -> Bool {
    guard tokens.count > size else { return false }
    let grams = (0...tokens.count - size).map { Array(tokens[$0..<$0 + size]) }
    return Set(grams).count < grams.count
  }

  private static func penalized(_ tokens: [Int32], _ row: [Float], by factor: Float) -> [Float] {
    row.enumerated().map { tokens.contains(Int32($0)) ? $1 * factor : $1 }
  }

  @Test(arguments: all)
  func wideBeamFindsEverythingAllowed(rules: Rules) throws {
    for seed: UInt64 in 1...6 {
      let model = TableModel(seed: seed, impossibleOfEight: seed % 3)
      let options = SearchOptions(
        beamSize: 1000, nBest: 1000, minimumLength: LengthLimit(constant: Double(seed % 2)),
        maximumLength: 5)
      let search = try BeamSearch(options, processors: rules.processors)
      let reference = Reference(model: model, options: options, adjusted: rules.adjusted)
      for source in randomSources(count: 3) {
        let found = try search([source], with: model)[0].hypotheses
        let every = reference.everyHypothesis(for: source)
        // Dead ends are no targets.
        #expect(found.filter { $0.stopReason != .noContinuation } == every)
        #expect(!every.isEmpty)
      }
    }
  }

  /// Every rule at once, with prefixes, on a vocabulary in which the rules leave room.
  private static let strict: [any ScoreProcessor] = [
    RepetitionPenalty(factor: 1.5), NoRepeatNGram(size: 2),
    ForbiddenPhrases([[4], [5, 6], [7, 0]]),
  ]

  private static func prefixes(of sources: [[Int32]]) -> [[Int32]] {
    // Some break rules of their own, which is their right.
    sources.indices.map { [[], [5, 6], [4, 4, 4], [8]][$0 % 4] }
  }

  @Test(arguments: [1, 4])
  func promisesAreKept(beamSize: Int) throws {
    let sources = randomSources(count: 60)
    let prefixes = Self.prefixes(of: sources)
    for bias in [1.0, -6.0] {
      let model = TableModel(
        seed: 3, vocabularySize: 12, excludedTokens: [0, 1], endBias: bias)
      let search = try BeamSearch(
        SearchOptions(
          beamSize: beamSize, nBest: beamSize, minimumLength: 4, maximumLength: 9),
        processors: Self.strict)
      for (prefix, result) in zip(prefixes, try search(sources, prefixes: prefixes, with: model)) {
        for hypothesis in result.hypotheses {
          let tokens = hypothesis.tokens
          #expect(tokens.starts(with: prefix))
          #expect(tokens.count >= 4)
          let free = Array(tokens.dropFirst(prefix.count))
          #expect(!free.contains(0) && !free.contains(1) && !free.contains(4))
          for place in tokens.indices.dropFirst(max(prefix.count, 1)) {
            let pair = [tokens[place - 1], tokens[place]]
            #expect(pair != [5, 6] && pair != [7, 0])
            let earlier = zip(tokens[..<place], tokens[1..<place]).map { [$0, $1] }
            #expect(!earlier.contains(pair), "\(tokens)")
          }
        }
      }
    }
  }

  @Test(arguments: [1, 4])
  func resultsDoNotDependOnTheBatch(beamSize: Int) throws {
    let sources = randomSources(count: 40)
    let prefixes = Self.prefixes(of: sources)
    let model = TableModel(vocabularySize: 12, excludedTokens: [1], endBias: -1)
    let search = try BeamSearch(
      SearchOptions(beamSize: beamSize, nBest: beamSize, minimumLength: 2, maximumLength: 8),
      processors: Self.strict)
    let together = try search(sources, prefixes: prefixes, with: model)
    for (index, source) in sources.enumerated() {
      #expect(
        try search([source], prefixes: [prefixes[index]], with: model)[0] == together[index])
    }
    let backwards = try search(
      sources.reversed(), prefixes: prefixes.reversed(), with: model)
    #expect(backwards.reversed() == together)
  }

  @Test(arguments: [1, 3])
  func prefixesAreScoredAsTheModelScoresThem(beamSize: Int) throws {
    let model = TableModel(vocabularySize: 9)
    let options = SearchOptions(beamSize: beamSize, lengthNormalization: .none, maximumLength: 2)
    let best = try BeamSearch(options)([[3]], prefixes: [[7, 8, 7]], with: model)[0].best
    // Longer than the maximum: the prefix and nothing more.
    #expect(best.tokens == [7, 8, 7])
    let steps = [7, 8, 7].indices.map { place in
      model.logProbabilities(source: [3], prefix: Array([7, 8, 7][..<place]))[[7, 8, 7][place]]
    }
    #expect(Array(best.tokenLogProbabilities.prefix(3)) == steps)
    // A prefix that the model thinks impossible leads nowhere.
    let strict = TableModel(only: [0: [0, 2]])
    let nothing = try BeamSearch(options)([[3]], prefixes: [[3]], with: strict)[0].best
    #expect(nothing.tokens.isEmpty && nothing.stopReason == .noContinuation)
  }

  @Test func rowsComeWholeOnlyWhereTheyAreNeeded() throws {
    let sources: [[Int32]] = [[1], [2], [3]]
    func wholeRows(_ processors: [any ScoreProcessor], prefixes: [[Int32]] = []) throws -> [Int] {
      let model = TableModel(vocabularySize: 60, endBias: -30)
      let options = SearchOptions(beamSize: 1, maximumLength: 3)
      _ = try BeamSearch(options, processors: processors)(
        sources, prefixes: prefixes, with: model)
      return model.log.wholeRowCounts
    }
    #expect(try wholeRows([]) == [0, 0, 0, 0])
    #expect(try wholeRows([NoRepeatNGram(size: 1)]) == [0, 0, 0, 0])
    #expect(try wholeRows([RepetitionPenalty(factor: 2)]) == [0, 3, 3, 3])
    #expect(try wholeRows([], prefixes: [[5, 5], [], [9]]) == [2, 1, 0, 0])
    // So many that ranking as many more candidates would cost more than whole rows.
    #expect(try wholeRows([ForbiddenPhrases((10..<50).map { [$0] })]) == [3, 3, 3, 3])
  }

  @Test func manyForbiddenTokensAreKeptOut() throws {
    let forbidden = (3..<58).map { Int32($0) }
    let model = TableModel(vocabularySize: 60, endBias: -3)
    let options = SearchOptions(beamSize: 4, nBest: 4, maximumLength: 3)
    let search = try BeamSearch(
      options, processors: [ForbiddenPhrases(forbidden.map { [$0] })])
    let excluding = TableModel(vocabularySize: 60, excludedTokens: forbidden, endBias: -3)
    let sources = randomSources(count: 20)
    let found = try search(sources, with: model)
    #expect(found == (try BeamSearch(options)(sources, with: excluding)))
    for result in found {
      for hypothesis in result.hypotheses {
        #expect(Set(hypothesis.tokens).isDisjoint(with: forbidden))
      }
    }
  }

  @Test func aRewritingThatChangesNothingChangesNothing() throws {
    struct Idle: ScoreProcessor {
      func change(after hypothesis: PartialHypothesis) -> ScoreChange { .rewrite { _ in } }
    }
    for levels in [1, 3, 1 << 20] {
      let model = TableModel(vocabularySize: 20, levels: levels, impossibleOfEight: 2)
      let options = SearchOptions(beamSize: 5, nBest: 5, maximumLength: 6)
      let sources = randomSources(count: 20)
      #expect(
        try BeamSearch(options, processors: [Idle()])(sources, with: model)
          == BeamSearch(options)(sources, with: model))
    }
  }

  @Test func notANumberIsSeenInWholeRowsToo() throws {
    let model = TableModel(endBias: -9, poison: 8)
    #expect(throws: SearchError.notANumber(sentence: 1, step: 1)) {
      try BeamSearch(SearchOptions(), processors: [RepetitionPenalty(factor: 2)])(
        [[1], [8]], with: model)
    }
  }
}
