import SeqDecoding
import Testing

/// Lexical constraints: held by every result, and at no cost beyond what they demand.
@Suite struct RequiredPhraseTests {
  private static func holds(_ tokens: [Int32], _ phrase: [Int32]) -> Bool {
    phrase.isEmpty
      || (tokens.count >= phrase.count
        && (0...tokens.count - phrase.count).contains {
          tokens[$0..<$0 + phrase.count] == phrase[...]
        })
  }

  /// Phrases of the vocabulary without EOS, alone, twice, overlapping, within each other.
  private static let demands: [[[Int32]]] = [
    [[3]], [[3, 0]], [[0, 1], [1, 3]], [[0, 0, 0]], [[1, 0, 1], [0, 1, 3], [3]], [[3], [3], []],
    [[0], [1], [3]], [[0, 1, 0], [1, 0]],
  ]

  @Test(arguments: demands)
  func wideBeamFindsEveryTargetThatHoldsThem(phrases: [[Int32]]) throws {
    for seed: UInt64 in 1...4 {
      let model = TableModel(seed: seed, impossibleOfEight: seed % 2)
      let options = SearchOptions(beamSize: 3000, nBest: 3000, maximumLength: 5)
      let request = SearchRequest([4, 2], requiredPhrases: phrases)
      let every = Reference(model: model, options: options).everyHypothesis(for: [4, 2])
        .filter { target in phrases.allSatisfy { Self.holds(target.tokens, $0) } }
      guard !every.isEmpty else {
        #expect(throws: SearchError.phrasesImpossible(sentence: 0)) {
          try BeamSearch(options)([request], with: model, progress: nil)
        }
        continue
      }
      let found = try BeamSearch(options)([request], with: model, progress: nil)[0].hypotheses
      #expect(found == every)
    }
  }

  @Test(arguments: [1, 2, 4, 9])
  func everyResultHoldsThem(beamSize: Int) throws {
    var random = SplitMix64(state: 5)
    for bias in [-4.0, 0, 4, 12] {
      let model = TableModel(vocabularySize: 11, excludedTokens: [1], endBias: bias)
      let requests = randomSources(count: 50).map { source in
        let phrases = (0..<Int.random(in: 0...4, using: &random)).map { _ in
          (0..<Int.random(in: 1...3, using: &random)).map { _ in
            [Int32](3...10).randomElement(using: &random) ?? 3
          }
        }
        return SearchRequest(source, prefix: source.isEmpty ? [] : [5], requiredPhrases: phrases)
      }
      let search = try BeamSearch(
        SearchOptions(beamSize: beamSize, nBest: beamSize, maximumLength: 14),
        processors: [RepetitionPenalty(factor: 1.2)])
      for (request, result) in zip(requests, try search(requests, with: model, progress: nil)) {
        for hypothesis in result.hypotheses {
          #expect(hypothesis.tokens.starts(with: request.prefix))
          for phrase in request.requiredPhrases {
            #expect(Self.holds(hypothesis.tokens, phrase), "\(hypothesis.tokens) \(phrase)")
          }
        }
      }
    }
  }

  @Test func theShortestRoomIsEnough() throws {
    // Overlapped best they need 0 1 3 4 5 0, six tokens.
    let phrases: [[Int32]] = [[0, 1, 3], [3, 4, 5], [1, 3, 4], [5, 0]]
    let model = TableModel(vocabularySize: 8, endBias: -2)
    let request = SearchRequest([1], requiredPhrases: phrases)
    for beamSize in [1, 3] {
      let exact = try BeamSearch(SearchOptions(beamSize: beamSize, maximumLength: 6))(
        [request], with: model, progress: nil)[0].best
      #expect(exact.tokens == [0, 1, 3, 4, 5, 0])
      #expect(throws: SearchError.noRoomForPhrases(sentence: 0, missing: 6, room: 5)) {
        try BeamSearch(SearchOptions(beamSize: beamSize, maximumLength: 5))(
          [request], with: model, progress: nil)
      }
    }
  }

  @Test func manyPhrasesAreHeldToo() throws {
    let phrases: [[Int32]] = (0..<12).map { (first: Int32) in [20 + first, 21 + first, 40 + first] }
    let model = TableModel(vocabularySize: 60, endBias: 3)
    let search = try BeamSearch(SearchOptions(beamSize: 3, maximumLength: 40))
    let best = try search(
      [SearchRequest([1], requiredPhrases: phrases)], with: model, progress: nil)
    for phrase in phrases { #expect(Self.holds(best[0].best.tokens, phrase)) }
    #expect(throws: SearchError.tooManyPhrases(sentence: 0, count: 65)) {
      let many = (0..<65).map { [Int32($0)] }
      return try search([SearchRequest([1], requiredPhrases: many)], with: model, progress: nil)
    }
  }

  @Test(arguments: [1, 4])
  func otherSentencesAreAsWithoutThem(beamSize: Int) throws {
    let model = TableModel(vocabularySize: 12, endBias: -1)
    let sources = randomSources(count: 20)
    let search = try BeamSearch(SearchOptions(beamSize: beamSize, maximumLength: 9))
    let free = try search(sources, with: model)
    let requests = sources.enumerated().map { index, source in
      SearchRequest(source, requiredPhrases: index.isMultiple(of: 2) ? [] : [[7, 8], [3]])
    }
    let mixed = try search(requests, with: model, progress: nil)
    for index in sources.indices {
      if index.isMultiple(of: 2) { #expect(mixed[index] == free[index]) }
      // And the batch changes nothing.
      #expect(try search([requests[index]], with: model, progress: nil)[0] == mixed[index])
    }
  }

  @Test func forbiddenAndRequiredAtOnceIsSaid() throws {
    let model = TableModel(vocabularySize: 9)
    let search = try BeamSearch(
      SearchOptions(maximumLength: 8), processors: [ForbiddenPhrases([[4]])])
    #expect(throws: SearchError.phrasesImpossible(sentence: 1)) {
      try search(
        [SearchRequest([1]), SearchRequest([2], requiredPhrases: [[3, 4]])], with: model,
        progress: nil)
    }
  }

  @Test func greedySaysThemWhereItWouldEnd() throws {
    // Ends by itself after three tokens; the phrase then comes at once, not at the last moment.
    let model = TableModel(
      vocabularySize: 9, endBias: 9,
      only: [0: [3], 1: [3], 2: [3], 3: [2, 7], 4: [2, 8], 5: [2, 0]])
    let best = try BeamSearch(SearchOptions(beamSize: 1, maximumLength: 30))(
      [SearchRequest([1], requiredPhrases: [[7, 8]])], with: model, progress: nil)[0].best
    #expect(best.tokens == [3, 3, 3, 7, 8])
    #expect(best.stopReason == .endToken)
  }
}
