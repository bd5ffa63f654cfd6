public import SeqDecoding
public import SeqKernels
public import SeqTensors

/// A model of sequence to sequence, whatever it is made of: what a trainer, a search and a scorer
/// need of it.
public protocol EncoderDecoder: Sendable {
  /// The model as a search sees it, bound to the memory of one thread.
  associatedtype Steps: StepModel

  var store: ParameterStore { get }
  var vocabularies: VocabularySizes { get }
  /// The longest source and target, in tokens BOS or EOS included; nil without limit.
  var lengthLimit: Int? { get }

  /// Teacher forcing: the decoder's last states `[target tokens, size]` before the vocabulary.
  func states(of batch: TokenBatch, in context: Context) -> Tensor

  /// The cross-entropy of those states.
  func loss(
    _ states: Tensor, labels: [Int32], labelSmoothing: Double, scale: Float
  ) -> (loss: Tensor, sums: LossSums)

  /// The logits of those states, `[rows, target vocabulary]`.
  func logits(_ states: Tensor) -> Tensor

  func steps(in context: Context) -> Steps
}

/// How many tokens the two sides know, special tokens included.
public struct VocabularySizes: Codable, Hashable, Sendable {
  public var source: Int
  public var target: Int

  public init(source: Int, target: Int) {
    self.source = source
    self.target = target
  }
}

/// The ids that every vocabulary made here begins with.
public enum SpecialToken {
  public static let padding: Int32 = 0
  public static let begin: Int32 = 1
  public static let end: Int32 = 2
  public static let unknown: Int32 = 3
}
