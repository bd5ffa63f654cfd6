import Foundation
import SeqDecoding
import Testing

/// Tokens come as often as the truncated distribution says, which is computed here a second time by
/// sorting, in double precision.
@Suite struct SamplingDistributionTests {
  /// Settings of what is drawn from.
  struct Setting: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let options: SamplingOptions

    init(_ name: String, _ change: (inout SamplingOptions) -> Void) {
      testDescription = name
      var options = SamplingOptions(sampleCount: 20_000, maximumLength: 1, seed: 11)
      change(&options)
      self.options = options
    }
  }

  static let settings: [Setting] = [
    Setting("the model itself") { _ in },
    Setting("hot") { $0.temperature = 2.5 },
    Setting("cool") { $0.temperature = 0.4 },
    Setting("greedy") { $0.temperature = 0 },
    Setting("top-k 1") { $0.topK = 1 },
    Setting("top-k 7") { $0.topK = 7 },
    Setting("top-k above the vocabulary") { $0.topK = 1000 },
    Setting("top-p 0.5") { $0.topP = 0.5 },
    Setting("top-p 0.93") { $0.topP = 0.93 },
    Setting("top-p 1") { $0.topP = 1 },
    Setting("top-p tiny") { $0.topP = 1e-12 },
    Setting("top-p 0") { $0.topP = 0 },
    Setting("min-p 0.3") { $0.minP = 0.3 },
    Setting("min-p 1") { $0.minP = 1 },
    Setting("typical 0.3") { $0.typical = 0.3 },
    Setting("typical 0.9") { $0.typical = 0.9 },
    Setting("typical tiny") { $0.typical = 1e-12 },
    Setting("hot top-p") { ($0.temperature, $0.topP) = (3, 0.7) },
    Setting("cool typical") { ($0.temperature, $0.typical) = (0.6, 0.6) },
    Setting("top-k and top-p") { ($0.topK, $0.topP) = (12, 0.75) },
    Setting("top-p and min-p") { ($0.topP, $0.minP) = (0.95, 0.2) },
    Setting("top-k and min-p") { ($0.topK, $0.minP) = (20, 0.15) },
    Setting("typical and top-k") { ($0.typical, $0.topK) = (0.8, 9) },
    Setting("everything") {
      ($0.temperature, $0.typical, $0.topK, $0.topP, $0.minP) = (1.4, 0.9, 14, 0.8, 0.1)
    },
  ]

  /// What remains of a row, by the definitions.
  static func truncated(
    _ row: [Float], _ options: SamplingOptions, excluding excluded: [Int32]
  ) -> [Double] {
    let ids = row.indices.filter { row[$0] > -.infinity && !excluded.contains(Int32($0)) }
    guard options.temperature > 0 else {
      let best = ids.max { (row[$0], -$0) < (row[$1], -$1) }
      return row.indices.map { $0 == best ? 1 : 0 }
    }
    func normalized(_ weights: [Int: Double]) -> [Int: Double] {
      let total = weights.values.reduce(0, +)
      return weights.mapValues { $0 / total }
    }
    /// The beginning of a ranking up to the token that crosses the mass.
    func beginning(of order: [Int], mass: Double, _ share: [Int: Double]) -> Set<Int> {
      var sum = 0.0
      var taken: Set<Int> = []
      for id in order {
        taken.insert(id)
        sum += share[id] ?? 0
        if sum >= mass { break }
      }
      return taken
    }
    var share = normalized(
      Dictionary(
        uniqueKeysWithValues: ids.map { ($0, exp(Double(row[$0]) / options.temperature)) }))
    if options.typical < 1 {
      let entropy = share.values.reduce(0) { $0 - $1 * log($1) }
      let order = ids.sorted {
        let left = abs(-log(share[$0] ?? 0) - entropy)
        let right = abs(-log(share[$1] ?? 0) - entropy)
        return left != right ? left < right : $0 < $1
      }
      let kept = beginning(of: order, mass: options.typical, share)
      share = normalized(share.filter { kept.contains($0.key) })
    }
    let order = share.keys.sorted { ((share[$1] ?? 0), $0) < ((share[$0] ?? 0), $1) }
    var kept = Set(order)
    if let topK = options.topK { kept.formIntersection(order.prefix(topK)) }
    if options.topP < 1 {
      kept.formIntersection(beginning(of: order, mass: options.topP, share))
    }
    let bound = options.minP * (share.values.max() ?? 0)
    kept.formIntersection(order.filter { (share[$0] ?? 0) >= bound })
    share = normalized(share.filter { kept.contains($0.key) })
    return row.indices.map { share[$0] ?? 0 }
  }

  /// How often each token came first.
  private func firstTokens(of result: SearchResult) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for sample in result.hypotheses {
      let isEnd = sample.tokens.isEmpty && sample.stopReason == .endToken
      counts[isEnd ? 2 : Int(sample.tokens[0]), default: 0] += 1
    }
    return counts
  }

  @Test(arguments: settings, [1 << 20, 5])
  func frequencies(setting: Setting, levels: Int) throws {
    // With few levels many tokens are equally likely, and the lower ids go first.
    let model = TableModel(
      seed: 3, vocabularySize: 40, excludedTokens: [0, 1], levels: levels, impossibleOfEight: 1,
      endBias: 1)
    let source: [Int32] = [5, 3]
    let found = try Sampling(setting.options)([SearchRequest(source)], with: model, progress: nil)
    #expect(found[0].hypotheses.count == 20_000)
    let expected = Self.truncated(
      model.logProbabilities(source: source, prefix: []), setting.options,
      excluding: model.excludedTokens)
    let test = ChiSquare(counts: firstTokens(of: found[0]), probabilities: expected)
    #expect(test.impossible.isEmpty)
    #expect(test.isPassed, "χ² \(test.statistic) at \(test.degreesOfFreedom) degrees")
  }

  @Test func largeVocabulariesToo() throws {
    // Where the spread is small, borders fall between values that differ in their last bits only.
    for (seed, spread, change): (UInt64, Double, (inout SamplingOptions) -> Void) in [
      (1, 1e-9, { $0.topK = 50 }), (2, 1e-9, { $0.topP = 0.3 }), (3, 1e-7, { $0.typical = 0.2 }),
      (4, 1e-6, { ($0.temperature, $0.topK, $0.topP, $0.minP) = (0.7, 400, 0.6, 0.3) }),
    ] {
      var options = SamplingOptions(sampleCount: 20_000, maximumLength: 1, seed: 5)
      change(&options)
      let weights = (0..<9000).map { index in
        1 + Double(SplitMix64.mixed(seed &* 10_000 + UInt64(index)) >> 40) * spread
      }
      let total = weights.reduce(0, +)
      let model = FixedModel(probabilities: weights.map { $0 / total })
      let expected = Self.truncated(model.logProbabilities, options, excluding: [])
      let found = try Sampling(options)([SearchRequest([1])], with: model, progress: nil)[0]
      let counts = firstTokens(of: found)
      // Sums in single and double precision: tokens at the border may change places.
      let strangers = counts.filter { !(expected[$0.key] > 0) }.values.reduce(0, +)
      #expect(strangers <= 20, "\(strangers) outside of \(expected.count { $0 > 0 })")
      let groups = 30
      let kept = expected.indices.filter { expected[$0] > 0 }
      var grouped = [Double](repeating: 0, count: groups)
      var groupedCounts: [Int: Int] = [:]
      for (place, token) in kept.enumerated() {
        grouped[place * groups / kept.count] += expected[token]
        groupedCounts[place * groups / kept.count, default: 0] += counts[token] ?? 0
      }
      let test = ChiSquare(counts: groupedCounts, probabilities: grouped)
      #expect(test.isPassed, "χ² \(test.statistic) at \(test.degreesOfFreedom) degrees")
    }
  }

  @Test func theTokenThatCrossesIsKept() throws {
    let model = FixedModel(probabilities: [0.5, 0.3, 0.2])
    func support(_ change: (inout SamplingOptions) -> Void) throws -> Set<Int> {
      var options = SamplingOptions(sampleCount: 400, maximumLength: 1)
      change(&options)
      let found = try Sampling(options)([SearchRequest([4])], with: model, progress: nil)[0]
      return Set(firstTokens(of: found).keys)
    }
    #expect(try support { $0.topP = 0.49 } == [0])
    #expect(try support { $0.topP = 0.51 } == [0, 1])
    #expect(try support { $0.topP = 0.79 } == [0, 1])
    #expect(try support { $0.topP = 0.81 } == [0, 1, 2])
    #expect(try support { $0.topP = 1e-30 } == [0])
    // H = 1.030; −ln p is 0.693, 1.204 and 1.609: the order is 1, 0, 2.
    #expect(try support { $0.typical = 0.29 } == [1])
    #expect(try support { $0.typical = 0.31 } == [0, 1])
    #expect(try support { $0.typical = 0.81 } == [0, 1, 2])
    // Of 0.3 alone typical leaves, the rest are decided on it renormalised.
    #expect(try support { ($0.typical, $0.topP) = (0.29, 0.9) } == [1])
    #expect(try support { ($0.typical, $0.minP) = (0.31, 0.61) } == [0])
    #expect(try support { ($0.typical, $0.minP) = (0.31, 0.59) } == [0, 1])
    #expect(try support { ($0.typical, $0.topP) = (0.31, 0.62) } == [0])
    #expect(try support { ($0.typical, $0.topP) = (0.31, 0.63) } == [0, 1])
  }

  @Test func wholeTargetsComeAsOftenAsTheModelSays() throws {
    let model = TableModel(seed: 3, endBias: 2)
    let source: [Int32] = [3, 1]
    let options = SamplingOptions(sampleCount: 20_000, maximumLength: 2, seed: 5)
    let found = try Sampling(options)([SearchRequest(source)], with: model, progress: nil)[0]
    // Every target of at most two tokens, cut off or not.
    var targets: [[Int32]] = []
    var expected: [Double] = []
    func extend(_ tokens: [Int32], _ probability: Double) {
      if tokens.last == 2 || tokens.count == 2 {
        targets.append(tokens)
        expected.append(probability)
        return
      }
      for (token, value) in model.logProbabilities(source: source, prefix: tokens).enumerated() {
        extend(tokens + [Int32(token)], probability * exp(Double(value)))
      }
    }
    extend([], 1)
    var counts: [Int: Int] = [:]
    for sample in found.hypotheses {
      let isShort = sample.tokens.count < 2
      let target = isShort ? sample.tokens + [2] : sample.tokens
      let place = try #require(targets.firstIndex(of: target))
      counts[place, default: 0] += 1
    }
    let test = ChiSquare(counts: counts, probabilities: expected)
    #expect(test.isPassed, "χ² \(test.statistic) at \(test.degreesOfFreedom) degrees")
  }

  @Test func processorsComeBeforeTheTemperature() throws {
    struct Penalty: ScoreProcessor {
      func change(after hypothesis: PartialHypothesis) -> ScoreChange {
        .rewrite { row in for token in row.indices where token % 3 == 0 { row[token] *= 2 } }
      }
    }
    struct Ban: ScoreProcessor {
      func change(after hypothesis: PartialHypothesis) -> ScoreChange { .forbid([2, 4, 7]) }
    }
    let model = TableModel(seed: 9, vocabularySize: 20)
    let options = SamplingOptions(
      sampleCount: 20_000, temperature: 1.8, topP: 0.85, maximumLength: 1, seed: 2)
    let found = try Sampling(options, processors: [Penalty(), Ban()])(
      [SearchRequest([6])], with: model, progress: nil)[0]
    let row = model.logProbabilities(source: [6], prefix: []).enumerated().map { token, value in
      token % 3 == 0 ? 2 * value : value
    }
    let expected = Self.truncated(row, options, excluding: [2, 4, 7])
    let test = ChiSquare(counts: firstTokens(of: found), probabilities: expected)
    #expect(test.isPassed, "χ² \(test.statistic) at \(test.degreesOfFreedom) degrees")
  }
}
