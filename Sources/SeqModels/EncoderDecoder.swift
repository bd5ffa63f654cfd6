public import SeqKernels
public import SeqTensors

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

  /// The two sizes; a shared vocabulary gives both the same.
  public init(source: Int, target: Int) {
    self.source = source
    self.target = target
  }
}

/// The ids that every vocabulary made here begins with.
public enum SpecialToken {
  /// `<pad>`, which fills padded batches and is never predicted.
  public static let padding: Int32 = 0
  /// `<s>`, which the decoder is fed first.
  public static let begin: Int32 = 1
  /// `</s>`, the last label of every target.
  public static let end: Int32 = 2
  /// `<unk>`, which stands for text outside the vocabulary.
  public static let unknown: Int32 = 3
}
