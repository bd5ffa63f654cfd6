import Foundation
import SeqDecoding
import Testing

/// Samples come from the model's distribution, each by itself.
struct AncestralSamplingTests {
  private let sources = randomSources(count: 5)

  @Test("whole targets come as often as the model says")
  func frequencies() throws {
    let model = TableModel(seed: 3, endBias: 2)
    let count = 4000
    let sampling = try AncestralSampling(sampleCount: count, maximumLength: 1, seed: 5)
    let samples = try sampling([sources[1]], with: model)[0]
    // Targets of at most one token: EOS at once, or one token and then EOS or the end.
    var expected: [[Int32]: Double] = [:]
    for (token, logProbability) in model.logProbabilities(source: sources[1], prefix: [])
      .enumerated()
    {
      expected[token == Int(model.endToken) ? [] : [Int32(token)]] = exp(Double(logProbability))
    }
    var found: [[Int32]: Int] = [:]
    for sample in samples { found[sample.tokens, default: 0] += 1 }
    let chiSquare = expected.reduce(0.0) { sum, entry in
      let mean = entry.value * Double(count)
      let difference = Double(found[entry.key] ?? 0) - mean
      return sum + difference * difference / mean
    }
    #expect(found.values.reduce(0, +) == count)
    // The 99.9 % quantile with 3 degrees of freedom.
    #expect(chiSquare < 16.27)
  }

  @Test("temperature bends the distribution as it should")
  func temperature() throws {
    let model = TableModel(seed: 4, excludedTokens: [0])
    let count = 4000
    let sampling = try AncestralSampling(
      sampleCount: count, temperature: 2.5, maximumLength: 0, seed: 1)
    // With no room for a token, what is drawn shows in who ends.
    let samples = try sampling([sources[2]], with: model)[0]
    let row = model.logProbabilities(source: sources[2], prefix: [])
    let weights = row.indices.map { $0 == 0 ? 0 : exp(Double(row[$0]) / 2.5) }
    let share = weights[Int(model.endToken)] / weights.reduce(0, +)
    let ended = Double(samples.count { $0.stopReason == .endToken })
    let deviation = (Double(count) * share * (1 - share)).squareRoot()
    #expect(abs(ended - Double(count) * share) < 3.5 * deviation)
    #expect(0.05 < share && share < 0.95)
  }

  @Test("near 0 it is greedy search, and its log-probabilities are the model's")
  func cold() throws {
    let model = TableModel(seed: 8, excludedTokens: [0])
    let greedy = try BeamSearch(SearchOptions(beamSize: 1, maximumLength: 6))(
      sources, with: model)
    let samples = try AncestralSampling(sampleCount: 2, temperature: 1e-4, maximumLength: 6)(
      sources, with: model)
    for (found, expected) in zip(samples, greedy) {
      for sample in found {
        #expect(sample.tokens == expected.best.tokens)
        #expect(sample.stopReason == expected.best.stopReason)
        #expect(sample.tokenLogProbabilities == expected.best.tokenLogProbabilities)
      }
    }
  }

  @Test("a sample depends on neither the batch nor the number of samples")
  func independence() throws {
    let model = TableModel(seed: 2)
    let all = try AncestralSampling(sampleCount: 6, maximumLength: 8, seed: 3)(
      sources, with: model)
    #expect(Set(all.joined().map(\.tokens)).count > 10)
    for (index, source) in sources.enumerated() {
      let alone = try AncestralSampling(sampleCount: 3, maximumLength: 8, seed: 3)(
        [source], with: model)
      #expect(alone[0] == Array(all[index].prefix(3)))
    }
    let reversed = try AncestralSampling(sampleCount: 6, maximumLength: 8, seed: 3)(
      sources.reversed(), with: model)
    #expect(reversed.reversed() == all)
    let other = try AncestralSampling(sampleCount: 6, maximumLength: 8, seed: 4)(
      sources, with: model)
    #expect(other != all)
  }

  @Test("excluded and impossible tokens never come; limits hold")
  func limits() throws {
    let model = TableModel(
      seed: 5, vocabularySize: 8, excludedTokens: [0, 1], stepLimit: 4, impossibleOfEight: 3)
    let samples = try AncestralSampling(sampleCount: 50, maximumLength: 9)(sources, with: model)
    for sample in samples.joined() {
      #expect(sample.tokens.count <= 3)
      #expect(!sample.tokens.contains(0) && !sample.tokens.contains(1))
      #expect(sample.tokenLogProbabilities.allSatisfy { $0 > -.infinity })
      #expect(sample.stopReason != .maximumLength || sample.tokens.count == 3)
    }
    #expect(throws: SearchError.self) { try AncestralSampling(sampleCount: 0) }
    #expect(throws: SearchError.self) { try AncestralSampling(temperature: 0) }
    #expect(throws: SearchError.self) {
      try AncestralSampling(sampleCount: 2)([[7]], with: TableModel(poison: 7))
    }
  }
}
