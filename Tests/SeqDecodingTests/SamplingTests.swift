import Foundation
import SeqDecoding
import Testing

/// What one sentence's samples are, and that nothing around it matters.
@Suite struct SamplingTests {
  static let settings: [SamplingOptions] = [
    SamplingOptions(sampleCount: 5, maximumLength: 8, seed: 3),
    SamplingOptions(sampleCount: 1, temperature: 0, maximumLength: 8),
    SamplingOptions(sampleCount: 6, temperature: 0.7, topK: 4, maximumLength: 8, seed: 4),
    SamplingOptions(
      sampleCount: 4, topP: 0.8, minP: 0.05, typical: 0.9, minimumLength: 3, maximumLength: 9),
    SamplingOptions(
      sampleCount: 9, nBest: 3, lengthNormalization: .average, temperature: 1.3,
      maximumLength: LengthLimit(perSourceToken: 1, constant: 2)),
  ]

  private static let rules: [any ScoreProcessor] = [
    RepetitionPenalty(factor: 1.4), NoRepeatNGram(size: 2),
  ]

  private static func requests(_ count: Int) -> [SearchRequest] {
    randomSources(count: count).enumerated().map { index, source in
      SearchRequest(source, prefix: [[], [5], [4, 4, 6]][index % 3])
    }
  }

  @Test(arguments: settings, [false, true])
  func batchOf64InAnyOrderEqualsAlone(options: SamplingOptions, hasRules: Bool) throws {
    let sampling = try Sampling(options, processors: hasRules ? Self.rules : [])
    for (levels, impossible) in [(1 << 20, UInt64(0)), (3, 3)] {
      let model = TableModel(
        vocabularySize: 12, excludedTokens: [0, 1], levels: levels, impossibleOfEight: impossible,
        endBias: 1)
      let requests = Self.requests(64)
      let alone = try requests.map { try sampling([$0], with: model, progress: nil)[0] }
      var random = SplitMix64(state: 3)
      for order in [Array(0..<64), (0..<64).shuffled(using: &random), (0..<64).reversed()] {
        let together = try sampling(order.map { requests[$0] }, with: model, progress: nil)
        #expect(together == order.map { alone[$0] })
      }
      #expect(Set(alone).count > 20)
    }
  }

  @Test func aSampleDoesNotDependOnHowManyAreDrawn() throws {
    let model = TableModel(vocabularySize: 9, endBias: 1)
    let requests = Self.requests(20)
    func draw(_ count: Int, seed: UInt64 = 3) throws -> [[Hypothesis]] {
      let options = SamplingOptions(
        sampleCount: count, topP: 0.9, maximumLength: 8, seed: seed)
      return try Sampling(options)(requests, with: model, progress: nil).map(\.hypotheses)
    }
    let many = try draw(12)
    #expect(Set(many.joined().map(\.tokens)).count > 30)
    for count in [1, 2, 7] {
      #expect(try draw(count) == many.map { Array($0.prefix(count)) })
    }
    #expect(try draw(12, seed: 4) != many)
  }

  @Test func temperatureZeroIsGreedySearch() throws {
    for levels in [1 << 20, 3, 1] {
      let model = TableModel(
        seed: 8, vocabularySize: 11, excludedTokens: [0], levels: levels, endBias: 0.5)
      let sources = randomSources(count: 30)
      let greedy = try BeamSearch(
        SearchOptions(beamSize: 1, lengthNormalization: .none, maximumLength: 6))(
          sources, with: model)
      for (temperature, topP): (Double, Double) in [(0, 1), (0, 0.3), (1, 0), (1, 1e-12)] {
        let options = SamplingOptions(
          sampleCount: 3, nBest: 1, temperature: temperature, topP: topP, maximumLength: 6)
        let found = try Sampling(options)(
          sources.map { SearchRequest($0) }, with: model, progress: nil)
        #expect(found == greedy)
      }
    }
  }

  @Test func limitsThatKeepEverythingChangeNothing() throws {
    let model = TableModel(vocabularySize: 9)
    let requests = Self.requests(10)
    func draw(_ change: (inout SamplingOptions) -> Void) throws -> [SearchResult] {
      var options = SamplingOptions(sampleCount: 5, maximumLength: 8)
      change(&options)
      return try Sampling(options)(requests, with: model, progress: nil)
    }
    let free = try draw { _ in }
    #expect(try draw { $0.topK = 9 } == free)
    #expect(try draw { $0.topK = 1 << 40 } == free)
    #expect(try draw { ($0.topP, $0.minP, $0.typical) = (1, 0, 1) } == free)
    #expect(try draw { $0.minP = 1e-30 } == free)
    #expect(try draw { $0.topK = 8 } != free)
  }

  @Test func logProbabilitiesAreTheModels() throws {
    let model = TableModel(vocabularySize: 9, endBias: 1)
    let requests = Self.requests(20)
    let options = SamplingOptions(
      sampleCount: 4, lengthNormalization: .gnmt(alpha: 0.6), temperature: 2, topK: 6, minP: 0.01,
      maximumLength: 6)
    let found = try Sampling(options, processors: Self.rules)(
      requests, with: model, progress: nil)
    for (request, result) in zip(requests, found) {
      for hypothesis in result.hypotheses {
        let isFinished = hypothesis.stopReason == .endToken
        let tokens = hypothesis.tokens + (isFinished ? [model.endToken] : [])
        let steps = tokens.indices.map { position in
          model.logProbabilities(source: request.source, prefix: Array(tokens[..<position]))[
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

  @Test(arguments: [LengthNormalization.none, .average, .gnmt(alpha: 1)])
  func theBestOfNAreTheBestDifferentOnes(normalization: LengthNormalization) throws {
    let model = TableModel(vocabularySize: 5, endBias: 1)
    var options = SamplingOptions(
      sampleCount: 30, lengthNormalization: normalization, maximumLength: 4)
    let requests = Self.requests(20)
    let all = try Sampling(options)(requests, with: model, progress: nil)
    options.nBest = 4
    let best = try Sampling(options)(requests, with: model, progress: nil)
    var merged = 0
    for (all, best) in zip(all, best) {
      #expect(all.hypotheses.count == 30)
      var seen: Set<[Int32]> = []
      // Those that ended first: one may have been cut off with the same tokens.
      let ranked = [true, false].flatMap { isFinished in
        all.hypotheses.enumerated().filter {
          ($0.element.stopReason == .endToken) == isFinished
        }.sorted {
          ($1.element.score, $0.offset) < ($0.element.score, $1.offset)
        }.map(\.element)
      }.filter { seen.insert($0.tokens).inserted }
      #expect(best.hypotheses == Array(ranked.prefix(4)))
      merged += 30 - ranked.count
    }
    #expect(merged > 100)
  }

  @Test func promisesAreKept() throws {
    let requests = Self.requests(60)
    let phrases: [[Int32]] = [[3], [6, 7]]
    for bias in [2.0, -6.0] {
      let model = TableModel(
        vocabularySize: 12, excludedTokens: [0, 1], stepLimit: 9, impossibleOfEight: 1,
        endBias: bias)
      let options = SamplingOptions(
        sampleCount: 5, temperature: 1.5,
        minimumLength: LengthLimit(perSourceToken: 1, constant: 1),
        maximumLength: 20)
      let found = try Sampling(
        options, processors: [ForbiddenPhrases(phrases), NoRepeatNGram(size: 2)])(
          requests, with: model, progress: nil)
      for (request, result) in zip(requests, found) {
        for hypothesis in result.hypotheses {
          let tokens = hypothesis.tokens
          #expect(hypothesis.tokenLogProbabilities.allSatisfy { $0 > -.infinity })
          #expect(tokens.count <= 8)
          guard hypothesis.stopReason != .noContinuation else { continue }
          #expect(tokens.starts(with: request.prefix))
          #expect(tokens.count >= request.source.count + 1)
          #expect(hypothesis.stopReason != .maximumLength || tokens.count == 8)
          let free = tokens.dropFirst(request.prefix.count)
          #expect(!free.contains(0) && !free.contains(1) && !free.contains(3))
          for place in tokens.indices.dropFirst(max(request.prefix.count, 1)) {
            let pair = [tokens[place - 1], tokens[place]]
            #expect(pair != [6, 7])
            #expect(!zip(tokens[..<place], tokens[1..<place]).contains { [$0, $1] == pair })
          }
        }
      }
    }
  }

  @Test func prefixesAreScoredAndImpossibleOnesLeadNowhere() throws {
    let model = TableModel(vocabularySize: 9)
    let options = SamplingOptions(sampleCount: 3, maximumLength: 2)
    let samples = try Sampling(options)(
      [SearchRequest([3], prefix: [7, 8, 7])], with: model, progress: nil)[0].hypotheses
    for sample in samples {
      // Longer than the maximum: the prefix and nothing more.
      #expect(sample.tokens == [7, 8, 7])
      #expect(
        Array(sample.tokenLogProbabilities.prefix(3))
          == [7, 8, 7].indices.map { place in
            model.logProbabilities(source: [3], prefix: Array([7, 8, 7][..<place]))[
              [7, 8, 7][place]]
          })
    }
    let strict = TableModel(only: [0: [0, 2]])
    let nothing = try Sampling(options)(
      [SearchRequest([3], prefix: [3])], with: strict, progress: nil)[0].best
    #expect(nothing.tokens.isEmpty && nothing.stopReason == .noContinuation)
    let mute = try Sampling(options, processors: [ForbiddenPhrases([[0], [3]])])(
      [SearchRequest([3])], with: TableModel(only: [0: [0, 3]]), progress: nil)[0].best
    #expect(mute.stopReason == .noContinuation)
  }

  @Test func equalSamplesShareARowAndFinishedOnesLeave() throws {
    let requests = Self.requests(30)
    func log(_ requests: [SearchRequest], _ options: SamplingOptions) throws -> [Int] {
      let model = TableModel(vocabularySize: 12, endBias: 1)
      _ = try Sampling(options)(requests, with: model, progress: nil)
      return model.log.rowsStepped
    }
    // However many are drawn, greedy ones are one.
    #expect(
      try log(requests, SamplingOptions(sampleCount: 50, temperature: 0, maximumLength: 7))
        == log(requests, SamplingOptions(temperature: 0, maximumLength: 7)))
    let options = SamplingOptions(sampleCount: 6, maximumLength: 10)
    let together = try log(requests, options)
    let alone = try requests.map { try log([$0], options) }
    #expect(
      together
        == together.indices.map { step in
          alone.reduce(0) { $0 + (step < $1.count ? $1[step] : 0) }
        })
    #expect(together[0] == 30)
    // A third of the sentences have three forced tokens, in which nothing parts.
    for (request, steps) in zip(requests, alone) {
      #expect(steps.prefix(request.prefix.count + 1).allSatisfy { $0 == 1 })
      #expect(steps.allSatisfy { $0 <= 6 })
    }
  }

  @Test func progressTellsWhatAllSamplesBeginWith() throws {
    let requests = Self.requests(12)
    let model = TableModel(vocabularySize: 12, endBias: 0)
    for count in [1, 4] {
      var told: [Int: [[Int32]]] = [:]
      let options = SamplingOptions(sampleCount: count, topP: 0.6, maximumLength: 6)
      let found = try Sampling(options)(requests, with: model) { told[$0, default: []].append($1) }
      for (sentence, result) in found.enumerated() {
        let reports = told[sentence] ?? []
        #expect(reports.map(\.count) == Array(1..<reports.count + 1))
        for report in reports {
          #expect(result.hypotheses.allSatisfy { $0.tokens.starts(with: report) })
        }
        if count == 1 { #expect(reports.count == result.best.tokens.count) }
        #expect(reports.count >= requests[sentence].prefix.count)
      }
    }
  }

  @Test func everyProblemOfTheOptionsIsNamed() throws {
    #expect {
      try Sampling(
        SamplingOptions(
          sampleCount: 0, nBest: 2, lengthNormalization: .gnmt(alpha: .infinity), temperature: -1,
          topK: 0, topP: 1.5, minP: -0.1, typical: .nan,
          maximumLength: LengthLimit(constant: .infinity)))
    } throws: { error in
      guard case .invalidOptions(let problems)? = error as? SearchError else { return false }
      return problems.count == 9 && "\(error)".contains("top-p 1.5")
    }
    let model = TableModel(poison: 8)
    let sampling = try Sampling(SamplingOptions(sampleCount: 2))
    #expect(throws: SearchError.notANumber(sentence: 1, step: 1)) {
      try sampling(
        [SearchRequest([1]), SearchRequest([8], prefix: [3])], with: model, progress: nil)
    }
    #expect(throws: SearchError.self) {
      try sampling([SearchRequest([1], requiredPhrases: [[3]])], with: model, progress: nil)
    }
    #expect(try sampling([], with: model, progress: nil).isEmpty)
    #expect(try Sampling(SamplingOptions(sampleCount: 7)).rowsPerSentence == 7)
  }
}
