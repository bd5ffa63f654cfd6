public import SeqModels
public import SeqText

/// Everything that decides a training run: what a configuration file says.
public struct RunConfiguration: Codable, Hashable, Sendable {
  /// Where the pairs come from and which are used.
  public var data: CorpusConfiguration
  /// How text becomes ids.
  public var tokenizer: TokenizerConfiguration
  /// The directory of a learned tokenizer, `tokenizer.from`; nil learns one of the training pairs, or
  /// takes the initial model's.
  public var initialTokenizer: String?
  /// The sizes and choices of the network.
  public var model: ModelConfiguration
  /// The directory, or the checkpoint, of a model whose parameters and tokenizer training starts
  /// from: `model.from`; nil starts from random numbers.
  public var initialModel: String?
  /// How long it learns, on how much at a time, by which rule.
  public var training: TrainingConfiguration
  /// When and how it is examined.
  public var validation: ValidationConfiguration

  /// Training and validation have the defaults of their own sections.
  public init(
    data: CorpusConfiguration, tokenizer: TokenizerConfiguration, initialTokenizer: String? = nil,
    model: ModelConfiguration, initialModel: String? = nil,
    training: TrainingConfiguration = .init(), validation: ValidationConfiguration = .init()
  ) {
    self.data = data
    self.tokenizer = tokenizer
    self.initialTokenizer = initialTokenizer
    self.model = model
    self.initialModel = initialModel
    self.training = training
    self.validation = validation
  }
}
