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
  /// What the model's makers demand of its targets; nil for nothing.
  public var generation: GenerationSettings?
  /// Makes text of the target ids of a pair, by its place among the pairs.
  public var decode: @Sendable (_ pair: Int, _ tokens: [Int32]) -> String

  /// Pairs and references of the same sentences, in the same order.
  public init(
    pairs: [TokenBatch.Pair], references: [String],
    decode: @escaping @Sendable (_ pair: Int, _ tokens: [Int32]) -> String
  ) {
    self.pairs = pairs
    self.references = references
    self.decode = decode
  }
}

/// Examines a model: loss and accuracy under teacher forcing, metrics on text by real decoding.
///
/// A worker computes as many tokens at a time as it trains on at a time, in memory that training has
/// given back: a run needs no more because it validates.
package struct Validator {
  let set: ValidationSet
  let configuration: ValidationConfiguration
  let workers: GradientWorkers

  package init(
    set: ValidationSet, configuration: ValidationConfiguration, workers: GradientWorkers
  ) {
    self.set = set
    self.configuration = configuration
    self.workers = workers
  }

  /// The values of the configured metrics; text is decoded once for all of them.
  ///
  /// - Throws: What a search throws of scores that are not numbers.
  package func callAsFunction() throws -> [ValidationConfiguration.Metric: Double] {
    try workers.pool.run { _, contexts in contexts.training.memory.trim() }
    let values = try examined()
    try workers.pool.run { _, contexts in contexts.inference.memory.trim() }
    return values
  }

  private func examined() throws -> [ValidationConfiguration.Metric: Double] {
    var values: [ValidationConfiguration.Metric: Double] = [:]
    if configuration.metrics.contains(.loss) || configuration.metrics.contains(.accuracy) {
      let (sums, tokens) = try teacherForced()
      values[.loss] = sums.negativeLogLikelihood / Double(tokens)
      values[.accuracy] = Double(sums.correctCount) / Double(tokens)
    }
    let onText = configuration.metrics.compactMap { name in name.onText.map { (name, $0) } }
    if !onText.isEmpty {
      let hypotheses = try decoded()
      for (name, metric) in onText {
        values[name] =
          try metric.report(hypotheses: hypotheses, references: [set.references]).score
      }
    }
    return values.filter { configuration.metrics.contains($0.key) }
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
      if size + length > workers.sliceTokens * workers.pool.count { try flush() }
      batch.append(pair)
      size += length
    }
    try flush()
    return (sums, tokens)
  }

  private func decoded() throws -> [String] {
    let options = SearchOptions(
      beamSize: configuration.beamSize,
      maximumLength: LengthLimit(perSourceToken: 2, constant: 20))
    let translator = try Translator(
      workers.model, options: options,
      processors: set.generation?.demands ?? [],
      pool: workers.pool, batchTokens: workers.sliceTokens)
    return try translator(set.pairs.map(\.source)).enumerated().map {
      set.decode($0, $1.best.tokens)
    }
  }
}

extension ValidationConfiguration.Metric {
  /// What computes it from decoded text; nil for what teacher forcing gives.
  fileprivate var onText: (any CorpusMetric)? {
    switch self {
    case .loss, .accuracy: nil
    case .bleu: BLEU()
    case .chrf: CHRF()
    case .rouge: ROUGE(.longestSubsequence, tokenizer: .unicode)
    case .exactMatch: ExactMatch()
    }
  }
}
