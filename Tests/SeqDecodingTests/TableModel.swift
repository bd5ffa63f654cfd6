import Foundation
import SeqDecoding

/// Random conditional distributions, a fixed function of seed, source and prefix.
///
/// The step knows a row's prefix only from what was fed and reordered, as a model with a cache
/// does: a row reordered wrongly is scored for another hypothesis and every comparison with
/// ``logProbabilities(source:prefix:)`` fails.
struct TableModel: StepModel {
  struct State {
    var sources: [[Int32]]
    /// Everything fed, BOS first.
    var caches: [[Int32]]
  }

  /// What a search asked for.
  final class Log {
    var rowsStepped: [Int] = []
    var counts: [Int] = []
    var wholeRowCounts: [Int] = []
    var totalRows: Int { rowsStepped.reduce(0, +) }
  }

  var seed: UInt64 = 1
  var vocabularySize = 4
  let beginToken: Int32 = 1
  let endToken: Int32 = 2
  var excludedTokens: [Int32] = []
  var stepLimit: Int?
  /// Distinct weights before normalisation; few make ties.
  var levels = 1 << 20
  /// How many of 8 tokens have probability 0; token 0 never has.
  var impossibleOfEight: UInt64 = 0
  /// The likelihood of the end, as logits added to EOS.
  var endBias = 0.0
  /// What may follow a prefix of this many tokens is only this.
  var only: [Int: [Int32]] = [:]
  /// Sources that start with it get NaN from the second step on.
  var poison: Int32?
  var givesAttention = true
  let log = Log()

  func start(sources: [[Int32]]) -> State {
    State(sources: sources, caches: Array(repeating: [], count: sources.count))
  }

  func step(
    _ tokens: [Int32], state: inout State, _ request: StepRequest
  ) -> BestScores {
    let (count, wholeRows) = (request.best, request.wholeRows)
    precondition(tokens.count == state.caches.count && (1...vocabularySize).contains(count))
    log.rowsStepped.append(tokens.count)
    log.counts.append(count)
    log.wholeRowCounts.append(wholeRows.count)
    var best: [Int32] = []
    var scores: [Float] = []
    var whole: [Float] = []
    var attention: [[Float]] = []
    for (index, token) in tokens.enumerated() {
      state.caches[index].append(token)
      precondition(state.caches[index].first == beginToken)
      let row = logProbabilities(
        source: state.sources[index], prefix: Array(state.caches[index].dropFirst()))
      let order = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count)
      best += order.map { Int32($0) }
      scores += order.map { row[$0] }
      if wholeRows.contains(index) { whole += row }
      if request.attention {
        attention.append(
          self.attention(
            source: state.sources[index], prefix: Array(state.caches[index].dropFirst())))
      }
    }
    return BestScores(
      countPerRow: count, tokens: best, logProbabilities: scores, wholeRows: whole,
      vocabularySize: vocabularySize, attention: attention)
  }

  /// The weights of the source's tokens, which sum to one, from nothing but the arguments.
  func attention(source: [Int32], prefix: [Int32]) -> [Float] {
    let weights = source.indices.map { place -> Double in
      var hash = seed &+ 77
      for word in source.map(Int.init) + [-1] + prefix.map(Int.init) + [-2, place] {
        hash = SplitMix64.mixed(hash ^ UInt64(bitPattern: Int64(word)))
      }
      return exp(6 * Double(hash & 0xffff) / 0xffff)
    }
    let total = weights.reduce(0, +)
    return weights.map { Float($0 / total) }
  }

  func reorder(_ state: inout State, rows: [Int]) {
    precondition(!rows.isEmpty && rows != Array(state.caches.indices))
    state.sources = rows.map { state.sources[$0] }
    state.caches = rows.map { state.caches[$0] }
  }

  /// The whole next distribution, from nothing but the arguments.
  func logProbabilities(source: [Int32], prefix: [Int32]) -> [Float] {
    if let poison, source.first == poison, !prefix.isEmpty {
      return Array(repeating: .nan, count: vocabularySize)
    }
    let logits = (0..<vocabularySize).map { token -> Double in
      var hash = seed
      for word in source.map(Int.init) + [-1] + prefix.map(Int.init) + [-2, token] {
        hash = SplitMix64.mixed(hash ^ UInt64(bitPattern: Int64(word)))
      }
      if let only = only[prefix.count], !only.contains(Int32(token)) { return -.infinity }
      if token != 0 && hash >> 61 < impossibleOfEight { return -.infinity }
      let level = Double(Int(hash & 0xffff_ffff) % levels) / Double(levels)
      return 4 * level + (token == Int(endToken) ? endBias : 0)
    }
    let total = logits.map(exp).reduce(0, +)
    return logits.map { $0 == -.infinity ? -.infinity : Float($0 - Foundation.log(total)) }
  }
}

/// Sources of 0 to 6 tokens, all different.
func randomSources(count: Int, seed: UInt64 = 7) -> [[Int32]] {
  var random = SplitMix64(state: seed)
  return (0..<count).map { index in
    index == 0
      ? []
      : [Int32(index)]
        + (0..<Int.random(in: 0...5, using: &random)).map { _ in
          Int32.random(in: 0..<9, using: &random)
        }
  }
}

/// Steele, Lea and Flood's generator (2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.finalized(state)
  }

  static func mixed(_ value: UInt64) -> UInt64 { finalized(value &+ 0x9e37_79b9_7f4a_7c15) }

  private static func finalized(_ value: UInt64) -> UInt64 {
    var bits = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}
