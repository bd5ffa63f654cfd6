public import SeqDecoding
internal import Synchronization

/// Many sentences at once: sorted by length, cut into batches, searched by all workers, given back
/// in order.
///
/// The result for a sentence depends neither on the others nor on the number of workers.
public struct Translator: Sendable {
  /// What is searched.
  public let model: any EncoderDecoder
  /// How it is searched.
  public let search: BeamSearch
  /// Who computes.
  public let pool: ComputePool
  /// Source tokens times beam that one batch may hold.
  public let batchTokens: Int

  /// A translator that divides its work among the workers of a pool.
  ///
  /// - Throws: ``SearchError`` when the options contradict each other.
  public init(
    _ model: any EncoderDecoder, options: SearchOptions, processors: [any ScoreProcessor] = [],
    pool: ComputePool, batchTokens: Int = 4096
  ) throws {
    self.model = model
    search = try BeamSearch(options, processors: processors)
    self.pool = pool
    self.batchTokens = batchTokens
  }

  /// Searches every source, given as token ids the way the encoder reads them, EOS included where
  /// the model wants it.
  ///
  /// - Parameters:
  ///   - sources: what is translated.
  ///   - prefixes: the tokens that each source's targets begin with; none at all, or as many as
  ///     sources, empty where nothing is given.
  /// - Returns: A result for each source, in their order.
  /// - Throws: ``SearchError`` when the model's scores are not numbers.
  public func callAsFunction(_ sources: [[Int32]], prefixes: [[Int32]] = []) throws
    -> [SearchResult]
  {
    let plan = BatchPlan(
      lengths: sources.map(\.count), tokenBudget: batchTokens,
      rowsPerSentence: search.options.beamSize)
    let next = Atomic(0)
    // The plan begins with the longest sentences, so that no worker is left alone with them at the
    // end.
    let found = try pool.run { _, contexts in
      var results: [(batch: Int, results: [SearchResult])] = []
      while true {
        let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard turn < plan.batches.count else { return results }
        let batch = plan.batches[turn]
        let found = try search(
          batch.map { sources[$0] }, prefixes.isEmpty ? [] : batch.map { prefixes[$0] },
          using: model, contexts)
        results.append((turn, found))
      }
    }
    var byBatch: [[SearchResult]] = plan.batches.map { _ in [] }
    for (batch, results) in found.joined() { byBatch[batch] = results }
    return plan.restoringOrder(byBatch)
  }
}

extension BeamSearch {
  /// Opens the existential, so that the search is specialised for the model's steps.
  fileprivate func callAsFunction(
    _ sources: [[Int32]], _ prefixes: [[Int32]], using model: some EncoderDecoder,
    _ contexts: WorkerContexts
  ) throws -> [SearchResult] {
    try self(sources, prefixes: prefixes, with: model.steps(in: contexts.inference))
  }
}
