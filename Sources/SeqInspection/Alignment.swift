public import SeqModels
internal import SeqDecoding
public import SeqTensors
public import SeqText

extension PairAttention {
  /// What says most about which words belong together: the weights of copying, or the cross-attention
  /// of ``alignmentLayer(of:)``; nil of a model that never looks at the source.
  public var alignment: AttentionMap? {
    pointer ?? (cross.isEmpty ? nil : cross[Self.alignmentLayer(of: cross.count)])
  }
}

extension AttentionMap {
  /// For every target token the source token that is looked at most, by the mean over heads, while
  /// it is written.
  ///
  /// `text` are the places of the source tokens that count, those that are neither BOS nor EOS; where
  /// there is none, there is no link.
  func links(text: [Int]) -> [AlignmentLink] {
    guard !text.isEmpty else { return [] }
    // The last row writes EOS.
    return meanRows.dropLast().enumerated().map { target, weights in
      // The first of the greatest.
      let best = text.indices.max { (weights[text[$0]], $1) < (weights[text[$1]], $0) } ?? 0
      return AlignmentLink(source: best, target: target)
    }
  }
}

/// Why a model cannot say which source token it wrote from: what it attends to is none.
public struct AlignmentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What it attends to.
  public let rows: MemoryRows

  /// What was found, and what does align.
  public var description: String {
    switch rows {
    case .tokens: "alignment: no source token"
    case .groups(let count):
      "alignment: with memory_compression a target token attends to groups of \(count) source tokens, "
        + "not to one of them; inspect attention draws the groups"
    case .latents:
      "alignment: with latent_count a target token attends to latents, which belong to no source "
        + "token; inspect attention draws them, with --kind reading what they read"
    }
  }
}

/// Aligns the tokens of given translations with those of their sources, by what the model looks at
/// while it is made to write them.
public struct Aligner: Sendable {
  private let directory: ModelDirectory
  private let pool: ComputePool
  /// Tokens computed at a time by one worker.
  private static let batchTokens = 1024

  /// An aligner that divides its work among the workers of a pool.
  ///
  /// - Throws: ``AlignmentError`` for a model that does not attend to source tokens one by one.
  public init(_ directory: ModelDirectory, pool: ComputePool) throws {
    let rows = directory.model.configuration.memoryRows
    guard rows == .tokens else { throw AlignmentError(rows: rows) }
    self.directory = directory
    self.pool = pool
  }

  /// The links of every pair, by ``PairAttention/alignment``, in the order of target tokens.
  ///
  /// - Throws: Nothing of its own; the workers do not throw.
  public func callAsFunction(_ pairs: [TokenBatch.Pair]) throws -> [[AlignmentLink]] {
    let codec = directory.codec
    return try map(pairs) { pair, attention in
      attention.alignment?.links(text: codec.textPlaces(of: pair.source)) ?? []
    }
  }

  /// The weights that the links come from: for every pair a row for each target token and EOS, in it
  /// a weight for each source id, BOS and EOS among them, by the mean over heads; empty for models
  /// that do not attend to the source.
  ///
  /// - Throws: Nothing of its own; the workers do not throw.
  public func weights(_ pairs: [TokenBatch.Pair]) throws -> [[[Float]]] {
    try map(pairs) { _, attention in
      attention.alignment?.meanRows ?? []
    }
  }

  /// What `body` makes of the attention of every pair.
  private func map<Result: Sendable>(
    _ pairs: [TokenBatch.Pair],
    _ body: @Sendable (_ pair: TokenBatch.Pair, _ attention: PairAttention) -> Result
  ) throws -> [Result] {
    let plan = BatchPlan(
      lengths: pairs.map { max($0.source.count, $0.target.count + 1) },
      tokenBudget: Self.batchTokens)
    let (directory, workers) = (directory, pool.count)
    let found = try pool.run { worker, contexts in
      stride(from: worker, to: plan.batches.count, by: workers).map { index in
        let chosen = plan.batches[index].map { pairs[$0] }
        let attention = directory.model.attention(
          of: TokenBatch(
            chosen, directory.model.specialTokens),
          in: contexts.inference)
        return (index, zip(chosen, attention).map { body($0, $1) })
      }
    }
    var byBatch: [[Result]] = plan.batches.map { _ in [] }
    for (index, results) in found.joined() { byBatch[index] = results }
    return plan.restoringOrder(byBatch)
  }
}
