public import SeqText

extension TrainingJob {
  /// The very batches that the run would learn from, without a model or any training.
  ///
  /// The tokenizer, the prepared corpus and the order of an epoch go into the output directory, as
  /// they do at the beginning of a run; it must exist, and may be a temporary one.
  ///
  /// - Parameters:
  ///   - isInterrupted: Asked now and then while text is read; when true, nothing more is prepared.
  ///   - observe: Told of what is prepared, on the calling thread.
  /// - Returns: The batches, found by epoch and number, and the tokenizers that made their ids.
  /// - Throws: ``TextError``; of kind ``TextError/Kind/interrupted`` when it is stopped.
  public func trainingData(
    isInterrupted: @escaping () -> Bool = { false },
    observe: (TrainingEvent) -> Void = { _ in }
  ) throws -> (data: any TrainingData, codec: TextCodec) {
    try configuration.data.checkFiles()
    let corpus = try spooledCorpus()
    let codec = try codec(corpus, isInterrupted: isInterrupted, observe)
    let training = try PreparedCorpus.prepare(
      .train, of: corpus, codec: codec, into: output, isInterrupted: isInterrupted)
    observe(.note("training data: \(training.report)"))
    let data = CorpusTrainingData(training, configuration.training, directory: output)
    return (data, codec)
  }
}
