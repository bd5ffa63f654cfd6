import SeqKernels

/// Which sentences are searched together: batches of similar length within a budget.
///
///     let plan = BatchPlan(lengths: window.map(\.count), tokenBudget: 4096, rowsPerSentence: 5)
///     let outputs = try plan.batches.map { try search($0.map { window[$0] }, with: model) }
///     let results = plan.restoringOrder(outputs)
///
/// Batches are ragged, so what counts is the sum of the tokens, not sentences times the longest.
/// The longest sentences come first: the first batch needs the most memory, and workers that take
/// batches in turn end with the short ones and so at about the same time.
public struct BatchPlan: Hashable, Sendable {
  /// The sentences' places in the input, batch by batch; every place once.
  public let batches: [[Int]]

  /// Deals sentences into batches.
  ///
  /// - Parameters:
  ///   - lengths: tokens of each sentence; 0 counts as 1.
  ///   - tokenBudget: the most a batch's tokens times `rowsPerSentence` may be; a sentence that
  ///     alone is above it gets a batch of its own.
  ///   - rowsPerSentence: hypotheses a sentence, the beam size.
  ///   - sentenceLimit: the most sentences in a batch, or nil.
  /// - Precondition: the three limits are positive.
  public init(
    lengths: [Int], tokenBudget: Int, rowsPerSentence: Int = 1, sentenceLimit: Int? = nil
  ) {
    require(
      tokenBudget > 0 && rowsPerSentence > 0 && sentenceLimit ?? 1 > 0,
      "batch plan: \(tokenBudget) tokens, \(rowsPerSentence) rows a sentence, "
        + "\(sentenceLimit ?? 1) sentences, not all positive")
    // Of equal lengths the earlier first: the plan is a function of its arguments.
    let order = lengths.indices.sorted {
      (lengths[$1], $0) < (lengths[$0], $1)
    }
    var batches: [[Int]] = []
    var batch: [Int] = []
    var cost = 0
    for sentence in order {
      let sentenceCost = max(lengths[sentence], 1) * rowsPerSentence
      if !batch.isEmpty
        && (cost + sentenceCost > tokenBudget || batch.count == sentenceLimit)
      {
        batches.append(batch)
        batch = []
        cost = 0
      }
      batch.append(sentence)
      cost += sentenceCost
    }
    if !batch.isEmpty { batches.append(batch) }
    self.batches = batches
  }

  /// What was made for each sentence, batch by batch, in the order of the input.
  ///
  /// - Precondition: `outputs` has the shape of ``batches``.
  public func restoringOrder<Output>(_ outputs: [[Output]]) -> [Output] {
    require(
      outputs.map(\.count) == batches.map(\.count),
      "batch plan: \(batches.map(\.count)) sentences, \(outputs.map(\.count)) outputs, not as many")
    let placed = zip(batches.joined(), outputs.joined())
    return placed.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
