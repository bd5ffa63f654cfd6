public import SeqModels
public import SeqText

/// Everything that decides a training run: what a configuration file says.
public struct RunConfiguration: Codable, Hashable, Sendable {
  public var data: CorpusConfiguration
  public var tokenizer: TokenizerConfiguration
  public var model: TransformerConfiguration
  public var training: TrainingConfiguration
  public var validation: ValidationConfiguration

  public init(
    data: CorpusConfiguration, tokenizer: TokenizerConfiguration,
    model: TransformerConfiguration, training: TrainingConfiguration = .init(),
    validation: ValidationConfiguration = .init()
  ) {
    self.data = data
    self.tokenizer = tokenizer
    self.model = model
    self.training = training
    self.validation = validation
  }
}
