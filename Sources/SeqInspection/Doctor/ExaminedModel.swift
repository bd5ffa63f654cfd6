public import SeqKernels
public import SeqModels

/// What ``Doctor`` examines: a model over padded ids, seen through plain arrays.
///
/// A layer or a model made with other means, with padded tensors and masks of one's own, conforms in
/// a few lines; what it does not offer is reported as not examined, never as passed:
///
///     struct MyTranslator: ExaminedModel {
///       let vocabularies = VocabularySizes(source: 40, target: 50)
///
///       func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
///         let numbers = forward(
///           batch.sources.ids, batch.sources.padding.values, batch.inputs.ids,
///           batch.inputs.padding.values)
///         return PaddedValues(numbers, extents: [batch.count, batch.inputs.length, 50])
///       }
///     }
///
///     let report = try Doctor().examine(MyTranslator())
///     print(report.text)
///
/// The masks of a batch are its lengths; ids of padding say nothing, so a mask must not be made from
/// them. Everything is computed as in inference, without dropout and label smoothing. The rows of
/// padding may hold anything in every answer.
public protocol ExaminedModel {
  /// How many ids each side knows.
  var vocabularies: VocabularySizes { get }
  /// What fills padding; that of ``vocabularies`` unless said.
  var paddingToken: Int32 { get }
  /// What the decoder reads first; that of ``vocabularies`` unless said.
  var beginToken: Int32 { get }
  /// The last label of every target; that of ``vocabularies`` unless said.
  var endToken: Int32 { get }
  /// The longest padded source and decoder input, in tokens; nil, unless said, without limit.
  var lengthLimit: Int? { get }
  /// Whether a state of the encoder is meant to see the tokens after it as well as those before; yes
  /// unless said.
  var encoderReadsBothWays: Bool { get }
  /// Whether the encoder has a state for every source token; no for one whose states are latents, yes
  /// unless said.
  var encoderKeepsTokens: Bool { get }
  /// How many tokens to each side a token of the encoder sees in one layer; nil, unless said, all.
  var encoderReach: Int? { get }
  /// How many tokens at the beginning of a source, or of each of its paragraphs, see all of it and are
  /// seen by all of it, whatever ``encoderReach`` is; none unless said.
  var encoderGlobalCount: Int { get }
  /// The largest distance between two tokens that is told from larger ones; nil, unless said, is none.
  var distanceLimit: Int? { get }
  /// The source token that ends a paragraph, where the encoder's self-attention is within paragraphs and
  /// something else connects them: sources then have several. Nil, unless said, is none.
  var paragraphEnd: Int32? { get }
  /// In which numbers it computes; float32 alone unless said. Rule 8 needs bfloat16 too.
  var precisions: [Precision] { get }
  /// In which of these numbers it is kept and therefore used; float32 unless said. What rounding may
  /// break is examined in them too.
  var ownPrecision: Precision { get }

  /// The natural logarithm of every token's probability after every decoder input,
  /// `[batch, inputs.length, target vocabulary]`.
  func logProbabilities(_ batch: ExaminedBatch) throws -> PaddedValues

  /// The weights of every attention, in the order they are computed in; an empty list says that
  /// there is no attention at all, nil that they are not offered.
  func attentionWeights(_ batch: ExaminedBatch) throws -> [LayerAttention]?

  /// The states that layers end with, in the order they are computed in, so that what is wrong has a
  /// place; the last of the source's is what the decoder is given. Nil is not offered.
  func states(_ batch: ExaminedBatch) throws -> [LayerStates]?

  /// The gradient of the log-probability of one token at one target position with respect to every
  /// embedded token, source's and decoder input's; nil is not offered.
  func embeddingGradients(
    _ batch: ExaminedBatch, of token: Int32, at place: BatchPlace
  ) throws -> EmbeddingGradients?

  /// The loss that is trained on, in nats: a sum, or a mean over target tokens or sentences.
  ///
  /// The targets have neither BOS nor EOS: the model itself makes decoder inputs and labels of them,
  /// so that rule 7 examines its shift. Nil is not offered.
  func loss(sources: PaddedTokens, targets: PaddedTokens) throws -> Double?

  /// The gradient of that loss, for every parameter by its name; nil is not offered.
  func lossGradients(
    sources: PaddedTokens, targets: PaddedTokens
  ) throws -> [String: [Float]]?

  /// What ``logProbabilities(_:)`` gives, computed position by position with whatever is kept
  /// between steps; nil is not offered.
  func cachedLogProbabilities(_ batch: ExaminedBatch) throws -> PaddedValues?
}

extension ExaminedModel {
  /// That of ``vocabularies``.
  public var paddingToken: Int32 { vocabularies.specialTokens.padding }
  /// That of ``vocabularies``.
  public var beginToken: Int32 { vocabularies.specialTokens.beginning }
  /// That of ``vocabularies``.
  public var endToken: Int32 { vocabularies.specialTokens.end }
  /// None.
  public var lengthLimit: Int? { nil }
  /// Yes.
  public var encoderReadsBothWays: Bool { true }
  /// Yes.
  public var encoderKeepsTokens: Bool { true }
  /// All.
  public var encoderReach: Int? { nil }
  /// None.
  public var encoderGlobalCount: Int { 0 }
  /// None.
  public var distanceLimit: Int? { nil }
  /// None.
  public var paragraphEnd: Int32? { nil }
  /// float32 alone.
  public var precisions: [Precision] { [.float32] }
  /// float32.
  public var ownPrecision: Precision { .float32 }

  /// Not offered.
  public func attentionWeights(_ batch: ExaminedBatch) throws -> [LayerAttention]? { nil }
  /// Not offered.
  public func states(_ batch: ExaminedBatch) throws -> [LayerStates]? { nil }
  /// Not offered.
  public func embeddingGradients(
    _ batch: ExaminedBatch, of token: Int32, at place: BatchPlace
  ) throws -> EmbeddingGradients? { nil }
  /// Not offered.
  public func loss(sources: PaddedTokens, targets: PaddedTokens) throws -> Double? { nil }
  /// Not offered.
  public func lossGradients(
    sources: PaddedTokens, targets: PaddedTokens
  ) throws -> [String: [Float]]? { nil }
  /// Not offered.
  public func cachedLogProbabilities(_ batch: ExaminedBatch) throws -> PaddedValues? { nil }
}
