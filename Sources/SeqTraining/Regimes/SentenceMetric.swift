internal import SeqMetrics

/// What the candidates of minimum risk training are measured by, each against one reference.
public enum SentenceMetric: String, Codable, Hashable, Sendable, CaseIterable {
  /// One minus BLEU, 0–1, of orders as long as the sentence allows, with one n-gram and match added
  /// above order 1.
  case bleu
  /// One minus chrF2, 0–1.
  case chrf
  /// One minus the F measure of ROUGE-L, 0–1, words being letters and digits of every script.
  case rougeL = "rouge_l"
  /// 1 unless the text is that of the reference, byte for byte.
  case exactMatch = "exact_match"
  /// Words inserted, deleted and replaced, as a share of the reference's: the word error rate.
  case wordErrors = "word_errors"
  /// The same for Unicode scalars: the character error rate.
  case characterErrors = "character_errors"
  /// The same for words, where moving words together is one edit: TER.
  case translationEdits = "ter"

  /// The measure at work.
  package var risk: any SentenceRisk {
    switch self {
    case .bleu: MissingShare(of: BLEU(smoothing: .addK(1), effectiveOrder: true))
    case .chrf: MissingShare(of: CHRF())
    case .rougeL: MissingShare(of: ROUGE(.longestSubsequence, tokenizer: .unicode))
    case .exactMatch: MismatchRisk()
    case .wordErrors: ErrorShare(of: ErrorRate(.word))
    case .characterErrors: ErrorShare(of: ErrorRate(.character))
    case .translationEdits: ErrorShare(of: TER())
    }
  }
}

/// How bad a text is beside a reference: 0 is perfect.
///
/// A further metric is a type that conforms and a case of ``SentenceMetric``.
package protocol SentenceRisk: Sendable {
  /// A pure function of its arguments, from 0 up.
  func callAsFunction(_ hypothesis: String, reference: String) -> Double
}

/// What a metric of 0–100, 100 being perfect, leaves to be desired.
private struct MissingShare<Metric: CorpusMetric>: SentenceRisk {
  let metric: Metric

  init(of metric: Metric) { self.metric = metric }

  func callAsFunction(_ hypothesis: String, reference: String) -> Double {
    1 - metric.sentenceScore(hypothesis: hypothesis, references: [reference]).value / 100
  }
}

private struct MismatchRisk: SentenceRisk {
  func callAsFunction(_ hypothesis: String, reference: String) -> Double {
    hypothesis.utf8.elementsEqual(reference.utf8) ? 0 : 1
  }
}

/// A metric of per cents, 0 being perfect.
private struct ErrorShare<Metric: CorpusMetric>: SentenceRisk {
  let metric: Metric

  init(of metric: Metric) { self.metric = metric }

  func callAsFunction(_ hypothesis: String, reference: String) -> Double {
    metric.sentenceScore(hypothesis: hypothesis, references: [reference]).value / 100
  }
}
