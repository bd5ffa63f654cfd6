public import SeqFigures
public import SeqModels
public import SeqText

/// The sizes of a batch: what it holds, and what padding it would need.
public struct BatchSummary: Hashable, Sendable {
  /// From 0, as the batch after it.
  public let epoch: Int
  /// From 0 within its epoch.
  public let batch: Int
  /// Sentence pairs.
  public let pairCount: Int
  /// Source ids, EOS included where there is one.
  public let sourceTokens: Int
  /// Labels: target ids and an EOS a pair.
  public let targetTokens: Int
  /// Positions of the padded source tensor.
  public let paddedSourceTokens: Int
  /// Positions of the padded target tensor.
  public let paddedTargetTokens: Int

  /// Counts what a batch holds.
  public init(epoch: Int, batch: Int, pairs: [TokenBatch.Pair]) {
    self.epoch = epoch
    self.batch = batch
    pairCount = pairs.count
    let (sources, targets) = (pairs.map(\.source.count), pairs.map { $0.target.count + 1 })
    sourceTokens = sources.reduce(0, +)
    targetTokens = targets.reduce(0, +)
    paddedSourceTokens = pairs.count * (sources.max() ?? 0)
    paddedTargetTokens = pairs.count * (targets.max() ?? 0)
  }

  /// A bar for every batch and side: its tokens, and the padding that a padded tensor adds.
  public static func figures(_ summaries: [BatchSummary]) -> [StackedBars] {
    func bars(_ side: String, _ counts: (BatchSummary) -> (tokens: Int, padded: Int)) -> StackedBars
    {
      StackedBars(
        title: "\(side) tokens a batch, and the padding that padded tensors would add",
        parts: ["tokens", "padding"],
        bars: summaries.map { summary in
          let (tokens, padded) = counts(summary)
          let share = (1000 * tokens + max(padded, 1) / 2) / max(padded, 1)
          return StackedBars.Bar(
            label: "epoch \(summary.epoch) batch \(summary.batch)",
            amounts: [Double(tokens), Double(padded - tokens)],
            note: "\(summary.pairCount) pairs, \(tokens) tokens, "
              + "\(share / 10).\(share % 10) % filled")
        })
    }
    return [
      bars("source") { ($0.sourceTokens, $0.paddedSourceTokens) },
      bars("target") { ($0.targetTokens, $0.paddedTargetTokens) },
    ]
  }

  /// The tokens of a pair on two lines, as the encoder reads them and as the decoder writes them.
  public static func tokens(
    of pair: TokenBatch.Pair, codec: TextCodec
  ) -> (source: [String], target: [String]) {
    let target = pair.target + [codec.target.vocabulary.specialTokens.end]
    return (
      codec.source.vocabulary.labels(of: pair.source), codec.target.vocabulary.labels(of: target)
    )
  }
}
