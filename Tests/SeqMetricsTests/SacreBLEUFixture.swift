import Foundation
import SeqMetrics
import Testing

/// What sacreBLEU computed beside BLEU, recorded by `Scripts/goldens/sacrebleu_metrics.py`.
struct SacreBLEUFixture: Decodable {
  /// One call of `corpus_score`; texts are named by their index.
  struct Case: Decodable {
    let kind: String
    let settings: [String: Setting]
    let hypotheses: [Int]
    let references: [[Int]]
    let score: Double
    let name: String
    /// The index of the signature.
    let signature: Int

    private func flag(_ name: String) -> Bool { settings[name]?.number == 1 }

    private func number(_ name: String) -> Int { settings[name]?.number ?? 0 }

    func metric() throws -> any CorpusMetric {
      switch kind {
      case "chrf":
        return CHRF(
          characterOrder: number("char_order"), wordOrder: number("word_order"),
          beta: number("beta"), lowercase: flag("lowercase"), countsWhitespace: flag("whitespace"),
          epsilonSmoothing: flag("eps_smoothing"))
      case "ter":
        return TER(
          isNormalized: flag("normalized"), removesPunctuation: flag("no_punct"),
          hasAsianSupport: flag("asian_support"), isCaseSensitive: flag("case_sensitive"))
      default: return BLEU(tokenizer: .chinese)
      }
    }
  }

  /// A number, or a truth value as 0 or 1.
  struct Setting: Decodable {
    let number: Int

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let flag = try? value.decode(Bool.self) {
        number = flag ? 1 : 0
      } else {
        number = try value.decode(Int.self)
      }
    }
  }

  /// Systems on one corpus, by three metrics and two tests.
  struct Significance: Decodable {
    struct Result: Decodable {
      let score: Double
      let p_value: Double?
      let mean: Double?
      let ci: Double?
    }

    struct Test: Decodable {
      let kind: String
      let test: String
      let count: Int
      let signature: String
      let results: [Result]
      let line: String?
      let json: String?

      var metric: any CorpusMetric {
        switch kind {
        case "bleu": BLEU()
        case "chrf": CHRF()
        default: TER()
        }
      }
    }

    /// Numbers of NumPy's generator.
    struct Draws: Decodable {
      let seed: UInt64
      let bound: UInt32
      let integers: [Int]
      let flags: [Bool]
    }

    let references: [[Int]]
    let systems: [[Int]]
    let tests: [Test]
    let draws: [Draws]
  }

  let sacrebleu: String
  let signatures: [String]
  let texts: [String]
  let cases: [Case]
  let significance: Significance

  static let recorded = Result {
    let url = try #require(
      Bundle.module.url(
        forResource: "sacrebleu_metrics", withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode(SacreBLEUFixture.self, from: Data(contentsOf: url))
  }

  func texts(_ indices: [Int]) -> [String] { indices.map { texts[$0] } }
}
