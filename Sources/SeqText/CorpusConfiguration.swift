/// Where sentence pairs come from and which are used: the `data` section of a configuration.
public struct CorpusConfiguration: Codable, Hashable, Sendable {
  /// One set of pairs: files, or a task whose pairs are made when they are needed.
  ///
  /// A path ending in `.gz` is decompressed, `-` is stdin.
  public enum Source: Codable, Hashable, Sendable {
    /// Two files of one sentence a line.
    case parallel(source: String, target: String)
    /// Tab-separated columns, counted from 1.
    case table(pairs: String, sourceColumn: Int, targetColumn: Int)
    /// One JSON object a line, the sentences under the two keys.
    case jsonLines(pairs: String, sourceKey: String, targetKey: String)
    /// Pairs of a built-in task; another seed draws other pairs of the same fold. A maximum length
    /// is that of ``BuiltInTask/pairs(_:count:seed:maxLength:)``.
    case task(
      _ task: BuiltInTask, fold: BuiltInTask.Fold, pairCount: Int, seed: UInt64 = 1,
      maxLength: Int? = nil)
  }

  /// What happens to a pair with a side longer than its limit.
  public enum LongPairs: String, Codable, Hashable, Sendable, CaseIterable {
    /// It is left out and counted.
    case skip
    /// Both sides are cut to their limits; EOS follows the cut, so a model learns to end there.
    case truncate
    /// The source is cut; a pair whose target is too long is left out: ends stay what they were.
    case truncateSource = "truncate_source"
  }

  /// The longest source or target, in tokens, that models are given: the memory that attention
  /// takes grows with its square, and beyond this to gigabytes a head.
  public static let longestSentence = 8192

  /// The folder that relative paths start from.
  public var root: String
  /// The pairs that are learned from.
  public var train: Source
  /// A file of links between the words of the training pairs, a line a pair as `0-0 1-2`; nil where
  /// attention is not guided.
  public var alignments: String?
  /// The pairs that the model is examined on; nil for none.
  public var validation: Source?
  /// The longest source or target, in tokens without BOS and EOS; those between paragraphs count.
  public var maxLength: Int
  /// The longest source, if its limit is not ``maxLength``.
  public var maxSourceLength: Int?
  /// The longest target, if its limit is not ``maxLength``.
  public var maxTargetLength: Int?
  /// What happens to longer pairs.
  public var onLong: LongPairs

  /// A corpus; the other values are those of a configuration that does not set them.
  public init(
    root: String = ".", train: Source, alignments: String? = nil, validation: Source? = nil,
    maxLength: Int = 256,
    maxSourceLength: Int? = nil, maxTargetLength: Int? = nil, onLong: LongPairs = .skip
  ) {
    self.root = root
    self.train = train
    self.alignments = alignments
    self.validation = validation
    self.maxLength = maxLength
    self.maxSourceLength = maxSourceLength
    self.maxTargetLength = maxTargetLength
    self.onLong = onLong
  }

  /// The longest source, in tokens without BOS and EOS.
  public var sourceLengthLimit: Int { maxSourceLength ?? maxLength }
  /// The longest target, in tokens without BOS and EOS.
  public var targetLengthLimit: Int { maxTargetLength ?? maxLength }

  /// The most tokens that a model reads of one side: a source with the tokens around it, or a target
  /// after BOS.
  package func longestRows(sourceFrameCount: Int) -> Int {
    max(sourceLengthLimit + sourceFrameCount, targetLengthLimit + 1)
  }
}
