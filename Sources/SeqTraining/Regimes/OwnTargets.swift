package import SeqDecoding
internal import SeqModels

extension TrainingSlice {
  /// What the model says to each source by itself, drawn as it decodes, without dropout.
  ///
  /// A target is cut off at twice the length of gold and ten tokens more. Draws are keyed by `use` and the
  /// pair: two pairs of the same source get targets of their own.
  ///
  /// - Throws: ``SearchError/notANumber(sentence:step:)`` when the model has diverged.
  package func ownTargets(count: Int = 1, temperature: Double, use: String) throws -> [[Hypothesis]]
  {
    let sampling = try Sampling(
      SamplingOptions(sampleCount: count, temperature: temperature, seed: key(for: use)))
    let requests = pairs.map { pair in
      var request = SearchRequest(pair.source)
      request.maximumLength = 2 * pair.target.count + 10
      request.drawNumber = UInt64(pair.firstRowIDs.target)
      return request
    }
    return try sampling(requests, using: model, contexts)
  }
}

extension Sampling {
  /// Every sample of each source; opens the existential, so that sampling is specialised for the
  /// model's steps.
  fileprivate func callAsFunction(
    _ requests: [SearchRequest], using model: some EncoderDecoder, _ contexts: WorkerContexts
  ) throws -> [[Hypothesis]] {
    try self(requests, with: model.steps(in: contexts.inference), progress: nil).map(\.hypotheses)
  }
}
