public import SeqText

extension TrainingJob {
  /// The very batches that the run would learn from, without a model or any training.
  ///
  /// The tokenizer, the prepared corpus and the order of an epoch go into the output directory, as
  /// they do at the beginning of a run; it must exist, and may be a temporary one.
  ///
  /// - Parameter observe: Told of what is prepared, on the calling thread.
  /// - Returns: The batches, found by epoch and number, and the tokenizers that made their ids.
  /// - Throws: ``TextError``.
  public func trainingData(
    observe: (TrainingEvent) -> Void = { _ in }
  ) throws -> (data: any TrainingData, codec: TextCodec) {
    try configuration.data.checkFiles()
    let corpus = try spooledCorpus()
    let codec = try codec(corpus, observe)
    let training = try PreparedCorpus.prepare(.train, of: corpus, codec: codec, into: output)
    observe(.note("training data: \(training.report)"))
    let data = CorpusTrainingData(training, configuration.training, directory: output)
    return (data, codec)
  }
}
