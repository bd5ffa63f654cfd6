internal import SeqMetrics

/// What the candidates of minimum risk training are measured by, each against one reference.
public enum SentenceMetric: String, Codable, Hashable, Sendable, CaseIterable {
  /// One minus BLEU, 0–1, of orders as long as the sentence allows, with one n-gram and match added
  /// above order 1.
  case bleu
  /// 1 unless the text is that of the reference, byte for byte.
  case exactMatch = "exact_match"
  /// Words inserted, deleted and replaced, as a share of the reference's: the word error rate.
  case wordErrors = "word_errors"
  /// The same for Unicode scalars: the character error rate.
  case characterErrors = "character_errors"

  /// The measure at work.
  var risk: any SentenceRisk {
    switch self {
    case .bleu: BLEURisk()
    case .exactMatch: MismatchRisk()
    case .wordErrors: ErrorRisk(.word)
    case .characterErrors: ErrorRisk(.character)
    }
  }
}

/// How bad a text is beside a reference: 0 is perfect.
///
/// A further metric is a type that conforms and a case of ``SentenceMetric``.
protocol SentenceRisk: Sendable {
  /// A pure function of its arguments, from 0 up.
  func callAsFunction(_ hypothesis: String, reference: String) -> Double
}

private struct BLEURisk: SentenceRisk {
  let bleu = BLEU(smoothing: .addK(1), effectiveOrder: true)

  func callAsFunction(_ hypothesis: String, reference: String) -> Double {
    1 - bleu.sentenceScore(hypothesis: hypothesis, references: [reference]).value / 100
  }
}

private struct MismatchRisk: SentenceRisk {
  func callAsFunction(_ hypothesis: String, reference: String) -> Double {
    hypothesis.utf8.elementsEqual(reference.utf8) ? 0 : 1
  }
}

private struct ErrorRisk: SentenceRisk {
  let rate: ErrorRate

  init(_ unit: ErrorRate.Unit) { rate = ErrorRate(unit) }

  func callAsFunction(_ hypothesis: String, reference: String) -> Double {
    rate.sentenceScore(hypothesis: hypothesis, references: [reference]).value / 100
  }
}
