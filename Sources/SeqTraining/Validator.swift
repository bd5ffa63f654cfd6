internal import Foundation
internal import SeqDecoding
internal import SeqKernels
internal import SeqMetrics
public import SeqModels

/// The pairs a model in training is examined on, as ids and as text.
public struct ValidationSet: Sendable {
  /// What teacher forcing computes with and decoding takes its sources from.
  public var pairs: [TokenBatch.Pair]
  /// The targets as they stand in the file, for metrics on text.
  public var references: [String]
  /// Makes text of target ids.
  public var decode: @Sendable ([Int32]) -> String

  /// Pairs and references of the same sentences, in the same order.
  public init(
    pairs: [TokenBatch.Pair], references: [String], decode: @escaping @Sendable ([Int32]) -> String
  ) {
    self.pairs = pairs
    self.references = references
    self.decode = decode
  }
}

/// Examines a model: loss and accuracy under teacher forcing, BLEU by real decoding.
struct Validator {
  let set: ValidationSet
  let configuration: ValidationConfiguration
  let workers: GradientWorkers
  /// Source or target tokens computed at a time.
  static let batchTokens = 4096

  func callAsFunction() throws -> (loss: Double?, accuracy: Double?, bleu: Double?) {
    var loss: Double?
    var accuracy: Double?
    var bleu: Double?
    if configuration.metrics.contains(.loss) || configuration.metrics.contains(.accuracy) {
      let (sums, tokens) = try teacherForced()
      if configuration.metrics.contains(.loss) {
        loss = sums.negativeLogLikelihood / Double(tokens)
      }
      if configuration.metrics.contains(.accuracy) {
        accuracy = Double(sums.correctCount) / Double(tokens)
      }
    }
    if configuration.metrics.contains(.bleu) { bleu = try decodedBLEU() }
    return (loss, accuracy, bleu)
  }

  private func teacherForced() throws -> (LossSums, tokens: Int) {
    var sums = LossSums()
    var tokens = 0
    var batch: [TokenBatch.Pair] = []
    var size = 0
    func flush() throws {
      guard !batch.isEmpty else { return }
      sums += try workers.evaluate(batch, labelSmoothing: 0)
      tokens += batch.reduce(0) { $0 + $1.target.count + 1 }
      batch = []
      size = 0
    }
    for pair in set.pairs {
      let length = max(pair.source.count, pair.target.count + 1)
      if size + length > Self.batchTokens * workers.pool.count { try flush() }
      batch.append(pair)
      size += length
    }
    try flush()
    return (sums, tokens)
  }

  private func decodedBLEU() throws -> Double {
    let options = SearchOptions(
      beamSize: configuration.beamSize,
      maximumLength: LengthLimit(perSourceToken: 2, constant: 20))
    let translator = try Translator(
      workers.model, options: options, pool: workers.pool)
    let hypotheses = try translator(set.pairs.map(\.source)).map { set.decode($0.best.tokens) }
    return try BLEU().corpusScore(hypotheses: hypotheses, references: [set.references]).value
  }
}
