import ArgumentParser
import Foundation
import SeqKit

/// From what translations are drawn, and which of those drawn is the answer.
struct SamplingFlags: ParsableArguments {
  @Flag(help: "Draw translations instead of searching for the likeliest.")
  var sample = false

  @Option(
    help: ArgumentHelp(
      "Draw so many of each line, of which the best are printed (default: --n-best).",
      valueName: "count"))
  var samples: Int?

  @Option(help: ArgumentHelp("Draw from so many likeliest tokens.", valueName: "tokens"))
  var topK: Int?

  @Option(
    help: ArgumentHelp(
      "Draw from the likeliest tokens that have this probability together.", valueName: "share"))
  var topP: Double?

  @Option(
    help: ArgumentHelp(
      "Draw from tokens at least so likely beside the likeliest.", valueName: "share"))
  var minP: Double?

  @Option(
    help: ArgumentHelp(
      "Draw from the tokens nearest to the entropy that have this probability together.",
      valueName: "share"))
  var typical: Double?

  @Option(
    help: ArgumentHelp(
      "Divide log-probabilities before drawing; 0 takes the likeliest token.", valueName: "number"))
  var temperature: Double?

  @Option(help: "What is drawn: the same number, the same translations.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Take the sample most like all others by sentence bleu or chrf (minimum Bayes risk).",
      valueName: "metric"))
  var mbr: Utility?

  /// What samples are compared by.
  enum Utility: String, CaseIterable, ExpressibleByArgument {
    case bleu, chrf
  }

  func validate() throws {
    let given = [
      ("samples", samples != nil), ("top-k", topK != nil), ("top-p", topP != nil),
      ("min-p", minP != nil), ("typical", typical != nil), ("temperature", temperature != nil),
      ("seed", seed != nil), ("mbr", mbr != nil),
    ]
    if !sample, let option = given.first(where: \.1) {
      throw ValidationError("--\(option.0) has no meaning without --sample.")
    }
    if let samples, samples < 1 { throw ValidationError("--samples must be at least 1.") }
  }

  /// The options of a sampling whose results the flags of search rank and limit.
  func options(_ search: SearchFlags) -> SamplingOptions {
    SamplingOptions(
      sampleCount: samples ?? search.nBest, nBest: mbr == nil ? search.nBest : nil,
      lengthNormalization: search.normalization, temperature: temperature ?? 1, topK: topK,
      topP: topP ?? 1, minP: minP ?? 0, typical: typical ?? 1,
      minimumLength: search.minimumLength, maximumLength: search.maximumLength, seed: seed ?? 1)
  }

  /// What ranks samples by one another; nil where their scores do.
  func ranking(_ search: SearchFlags) -> SampleRanking? {
    mbr.map { SampleRanking(utility: $0, nBest: search.nBest) }
  }
}

/// Ranks samples by what each is worth on average if another was meant.
struct SampleRanking {
  let utility: SamplingFlags.Utility
  let nBest: Int

  /// The best, their scores the expected utilities, 0–100.
  func callAsFunction(_ samples: [Hypothesis], _ codec: TextCodec) -> [Hypothesis] {
    let texts = samples.map { (sample: $0, text: codec.decodeTarget($0.tokens)) }
    let (candidates, counts) = MinimumBayesRisk.merged(texts) { Array($0.text.utf8) }
    let metric: any CorpusMetric =
      switch utility {
      case .bleu: BLEU(smoothing: .addK(1), effectiveOrder: true)
      case .chrf: CHRF()
      }
    let ranked = MinimumBayesRisk.ranking(of: candidates, counts: counts) {
      metric.sentenceValue(hypothesis: $0.text, references: [$1.text])
    }
    return ranked.prefix(nBest).map { ranked in
      let sample = ranked.candidate.sample
      return Hypothesis(
        tokens: sample.tokens, logProbability: sample.logProbability,
        score: ranked.expectedUtility, tokenLogProbabilities: sample.tokenLogProbabilities,
        stopReason: sample.stopReason)
    }
  }
}

extension CorpusMetric {
  /// The figure of one segment.
  fileprivate func sentenceValue(hypothesis: String, references: [String]) -> Double {
    sentenceScore(hypothesis: hypothesis, references: references).value
  }
}
