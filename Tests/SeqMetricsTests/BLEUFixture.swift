import Foundation
import SeqMetrics
import Testing

/// What sacreBLEU computed, recorded by `Scripts/goldens/bleu.py`.
struct BLEUFixture: Decodable {
  /// One call of sacreBLEU's `corpus_score`; texts are named by their index.
  struct Case: Decodable {
    let hypotheses: [Int]
    let references: [[Int]]
    let tokenize: String
    let smooth_method: String
    let smooth_value: Double?
    let lowercase: Bool
    let effective_order: Bool
    let max_ngram_order: Int
    let statistics: [Int]
    let score: Double
    let precisions: [Double]
    let line: String
  }

  struct Tokenized: Decodable {
    let tokenizer: String
    let segments: [Int]
    let tokens: [[String]]
  }

  /// Flat first–last pairs, but for `lower`: triples of a scalar and one or two that replace it.
  struct Scalars: Decodable {
    let unicode: String
    let N: [UInt32]
    let P: [UInt32]
    let S: [UInt32]
    let space: [UInt32]
    let known: [UInt32]
    let lower: [UInt32]
  }

  let sacrebleu: String
  let texts: [String]
  let lowercase: [String]
  let tokenized: [Tokenized]
  let sentences: [Case]
  let corpora: [Case]
  let json: [String]
  let scalars: Scalars

  static let recorded = Result {
    let url = try #require(
      Bundle.module.url(forResource: "bleu", withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode(BLEUFixture.self, from: Data(contentsOf: url))
  }

  func metric(for recorded: Case) throws -> BLEU {
    BLEU(
      tokenizer: try #require(BLEU.Tokenizer(rawValue: recorded.tokenize)),
      smoothing: try smoothing(named: recorded.smooth_method, value: recorded.smooth_value),
      lowercase: recorded.lowercase, effectiveOrder: recorded.effective_order,
      maximumOrder: recorded.max_ngram_order)
  }

  func hypotheses(of recorded: Case) -> [String] {
    recorded.hypotheses.map { texts[$0] }
  }

  func references(of recorded: Case) -> [[String]] {
    recorded.references.map { $0.map { texts[$0] } }
  }

  private func smoothing(named name: String, value: Double?) throws -> BLEU.Smoothing {
    switch name {
    case "none": return .none
    case "exp": return .exponential
    case "floor": return value.map { .floor($0) } ?? .floor
    case "add-k": return value.map { .addK($0) } ?? .addK
    default:
      Issue.record("smoothing \(name) in the fixture")
      return .none
    }
  }
}

/// UTF-8, for comparisons: `String` equality would let composed and decomposed letters pass.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
