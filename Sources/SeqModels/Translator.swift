public import SeqDecoding
public import SeqKernels
internal import Synchronization

/// Many sentences at once: sorted by length, cut into batches, searched by all workers, given back
/// in order.
///
/// Where there are fewer batches than workers, all of them divide every step of a batch among
/// themselves. The result for a sentence depends neither on the others nor on the number of workers.
public struct Translator: Sendable {
  /// What is searched.
  public let model: any SearchableModel
  /// How it is searched.
  public let search: any TargetSearch
  /// Who computes.
  public let pool: ComputePool
  /// Source tokens times rows a sentence that one batch may hold.
  public let batchTokens: Int

  /// A translator that divides its work among the workers of a pool.
  public init(
    _ model: any SearchableModel, search: any TargetSearch, pool: ComputePool,
    batchTokens: Int = 4096
  ) {
    self.model = model
    self.search = search
    self.pool = pool
    self.batchTokens = batchTokens
  }

  /// A translator that searches a beam.
  ///
  /// - Throws: ``SearchError`` when the options contradict each other.
  public init(
    _ model: any SearchableModel, options: SearchOptions, processors: [any ScoreProcessor] = [],
    pool: ComputePool, batchTokens: Int = 4096
  ) throws {
    self.init(
      model, search: try BeamSearch(options, processors: processors), pool: pool,
      batchTokens: batchTokens)
  }

  /// Searches every source, given as token ids the way the encoder reads them, EOS included where
  /// the model wants it.
  ///
  /// - Returns: A result for each source, in their order.
  /// - Throws: ``SearchError`` when the model's scores are not numbers.
  public func callAsFunction(_ sources: [[Int32]]) throws -> [SearchResult] {
    try self(sources.map { SearchRequest($0) })
  }

  /// The batches that requests are searched in.
  package func plan(for requests: [SearchRequest]) -> BatchPlan {
    BatchPlan(
      lengths: requests.map(\.source.count), tokenBudget: batchTokens,
      rowsPerSentence: search.rowsPerSentence)
  }

  /// Searches for every request, its source given as the encoder reads it.
  ///
  /// - Returns: A result for each request, in their order.
  /// - Throws: ``SearchError`` when the model's scores are not numbers, or a request cannot be met.
  public func callAsFunction(_ requests: [SearchRequest]) throws -> [SearchResult] {
    let plan = plan(for: requests)
    guard plan.batches.count >= pool.count else {
      return plan.restoringOrder(
        try together { contexts in
          try plan.batches.map { batch in
            try search(batch.map { requests[$0] }, using: model, contexts, progress: nil)
          }
        })
    }
    let next = Atomic(0)
    // The plan begins with the longest sentences, so that no worker is left alone with them at the
    // end.
    let found = try pool.run { _, contexts in
      var results: [(batch: Int, results: [SearchResult])] = []
      while true {
        let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard turn < plan.batches.count else { return results }
        let batch = plan.batches[turn].map { requests[$0] }
        results.append((turn, try search(batch, using: model, contexts, progress: nil)))
      }
    }
    var byBatch: [[SearchResult]] = plan.batches.map { _ in [] }
    for (batch, results) in found.joined() { byBatch[batch] = results }
    return plan.restoringOrder(byBatch)
  }

  /// Searches for one request and tells on the way what is certain of its result.
  ///
  /// - Parameters:
  ///   - request: what is searched.
  ///   - progress: given, on a worker's thread, the tokens that the result begins with, whenever
  ///     they have become more; what it throws ends the search.
  /// - Returns: The result.
  /// - Throws: As the search of many, and what `progress` throws.
  public func callAsFunction(
    _ request: SearchRequest, progress: @escaping @Sendable (_ tokens: [Int32]) throws -> Void
  ) throws -> SearchResult {
    try together { contexts in
      try search([request], using: model, contexts) { _, tokens in try progress(tokens) }[0]
    }
  }

  /// Searches on one worker, with whom the others divide each operation: for fewer batches than
  /// workers.
  private func together<Result: Sendable>(
    _ search: @Sendable (WorkerContexts) throws -> Result
  ) throws -> Result {
    let team = Team(count: pool.count)
    let found = try pool.run { worker, contexts -> Result? in
      guard worker == 0 else {
        team.serve()
        return nil
      }
      contexts.inference.team = team
      defer {
        contexts.inference.team = nil
        team.dismiss()
      }
      return try search(contexts)
    }
    return found.compactMap { $0 }[0]
  }
}

extension TargetSearch {
  /// Opens the existential, so that the search is specialised for the model's steps.
  fileprivate func callAsFunction(
    _ requests: [SearchRequest], using model: some SearchableModel, _ contexts: WorkerContexts,
    progress: SearchProgress?
  ) throws -> [SearchResult] {
    try self(requests, with: model.steps(in: contexts.inference), progress: progress)
  }
}
