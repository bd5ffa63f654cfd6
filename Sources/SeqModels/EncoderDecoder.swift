public import SeqKernels
public import SeqTensors
public import SeqText

/// A model of sequence to sequence, whatever it is made of: what a trainer, a search and a scorer
/// need of it.
public protocol EncoderDecoder: SearchableModel {
  /// Its sizes and choices.
  var configuration: ModelConfiguration { get }
  /// Every trained value: what is saved, loaded and optimised.
  var store: ParameterStore { get }
  /// How many ids each side knows.
  var vocabularies: VocabularySizes { get }

  /// What the decoder comes to at every target row, before the vocabulary.
  ///
  /// The decoder reads what `feed` decides; without one, what the batch gives it: teacher forcing.
  func states(of batch: TokenBatch, feed: (any InputFeed)?, in context: Context) -> DecodedStates

  /// What every layer attends to under teacher forcing, a value for each pair of the batch.
  func attention(of batch: TokenBatch, in context: Context) -> [PairAttention]

  /// The cross-entropy of those states, summed over tokens and multiplied by `scale`, in nats, and
  /// what else the model learns by.
  ///
  /// `labelSmoothing` is the share of probability spread evenly over the vocabulary, 0 ..< 1. The
  /// sums that come with the loss are unscaled.
  func loss(
    _ states: DecodedStates, labels: [Int32], labelSmoothing: Double, scale: Float
  ) -> (loss: Tensor, sums: LossSums)

  /// The logits of those states, `[rows, target vocabulary]`; of a model that copies, logarithms of
  /// probabilities, also of the words that the sources of the batch have beyond the vocabulary.
  func logits(_ states: DecodedStates) -> Tensor
}

extension EncoderDecoder {
  /// The ids that stand for no text.
  public var specialTokens: SpecialTokens { vocabularies.specialTokens }

  /// What the decoder comes to under teacher forcing.
  public func states(of batch: TokenBatch, in context: Context) -> DecodedStates {
    states(of: batch, feed: nil, in: context)
  }
}

/// What a decoder has come to at every target row: what words are chosen by.
public struct DecodedStates {
  /// What the vocabulary sees, `[target tokens, size]`, ragged.
  public let tensor: Tensor
  /// What the words of the sources are worth; nil where none are copied.
  public let copying: CopyMixture?
  /// What a loss on alignments is taken of: the weights of copying, or, where the batch has an
  /// ``TokenBatch/alignment``, those of the attention that aligns best.
  public let weights: SourceWeights?

  /// States, what is copied, and what was attended to.
  public init(_ tensor: Tensor, copying: CopyMixture? = nil, weights: SourceWeights? = nil) {
    self.tensor = tensor
    self.copying = copying
    self.weights = weights
  }
}

/// How many tokens the two sides know, special tokens included.
public struct VocabularySizes: Codable, Hashable, Sendable {
  /// Ids that the encoder reads: `0 ..< source`.
  public var source: Int
  /// Ids that the decoder reads and writes: `0 ..< target`.
  public var target: Int
  /// The ids that stand for no text: those of every vocabulary trained here, or a model's own.
  ///
  /// The beginning is what the decoder is fed first; a model from elsewhere may start from its padding
  /// or its end.
  public var specialTokens: SpecialTokens

  /// The two sizes; a shared vocabulary gives both the same.
  public init(source: Int, target: Int, specialTokens: SpecialTokens = .standard) {
    self.source = source
    self.target = target
    self.specialTokens = specialTokens
  }

  /// Whether a tokenizer of these sizes belongs to the model; one that came with it may know fewer ids
  /// than the embeddings have rows, whose number its makers rounded.
  func fit(_ sizes: VocabularySizes, isPadded: Bool) -> Bool {
    isPadded
      ? sizes.source <= source && sizes.target <= target
      : sizes.source == source && sizes.target == target
  }

  /// Special ids that neither side can have, in words.
  package var problems: [String] {
    let ids = [
      ("padding", specialTokens.padding), ("beginning", specialTokens.beginning),
      ("end", specialTokens.end), ("unknown", specialTokens.unknown),
    ]
    return ids.filter {
      // A model may have no unknown token.
      ($0.1 < 0 || $0.1 >= target) && !($0.0 == "unknown" && $0.1 == -1)
    }.map {
      "special_tokens.\($0.0) is \($0.1), outside the vocabulary of \(target)"
    }
  }

  /// What is never predicted: padding, and what the decoder is fed first unless sentences end with it.
  public var unpredictedTokens: [Int32] {
    Set([specialTokens.padding, specialTokens.beginning]).subtracting([specialTokens.end]).sorted()
  }
}

// Files written before there were other ids do not say which they are.
extension VocabularySizes {
  private enum CodingKeys: String, CodingKey { case source, target, specialTokens }

  /// Reads both sizes, and the special ids where they are not the standard ones.
  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      source: try keys.decode(Int.self, forKey: .source),
      target: try keys.decode(Int.self, forKey: .target),
      specialTokens: try keys.decodeIfPresent(SpecialTokens.self, forKey: .specialTokens)
        ?? .standard)
  }

  /// Writes the special ids only where they are not the standard ones.
  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(source, forKey: .source)
    try keys.encode(target, forKey: .target)
    if specialTokens != .standard { try keys.encode(specialTokens, forKey: .specialTokens) }
  }
}
