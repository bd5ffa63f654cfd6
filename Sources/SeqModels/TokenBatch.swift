internal import SeqKernels
public import SeqTensors
public import SeqText

/// Sentence pairs as a model trains on them: ragged source ids, decoder inputs and labels.
///
/// The decoder's input is BOS and the target, its labels the target and EOS: shifted by exactly
/// one, EOS learned.
public struct TokenBatch: Sendable {
  /// How ``sourceIDs`` divide into sentences.
  public let sources: Sequences
  /// The sources' ids, end to end.
  public let sourceIDs: [Int32]
  /// How ``inputIDs`` and ``labels`` divide into sentences.
  public let targets: Sequences
  /// What the decoder is given, end to end.
  public let inputIDs: [Int32]
  /// What the decoder is to say, end to end.
  public let labels: [Int32]
  /// For every target row the places of the source tokens, in their sentence, that it should attend
  /// to; empty where no pair says so.
  public let alignment: [[Int]]
  /// The ids that stand for no text.
  public let specialTokens: SpecialTokens

  /// A pair and the numbers its random draws are keyed by.
  public struct Pair: Sendable {
    /// As the encoder reads it, EOS included where the model wants it.
    public var source: [Int32]
    /// Without BOS and EOS.
    public var target: [Int32]
    /// Which source tokens, as the encoder reads them, and which target tokens belong together;
    /// none where attention is not guided.
    public var links: [AlignmentLink]
    /// The ids of the first source row and the first target row within the step.
    public var firstRowIDs: (source: UInt32, target: UInt32)

    /// A pair of token ids; without row ids it draws dropout as the first of a step does.
    public init(
      source: [Int32], target: [Int32], links: [AlignmentLink] = [],
      firstRowIDs: (source: UInt32, target: UInt32) = (0, 0)
    ) {
      self.source = source
      self.target = target
      self.links = links
      self.firstRowIDs = firstRowIDs
    }
  }

  /// Lays pairs end to end, in their order; the special tokens are those of the model.
  public init(_ pairs: [Pair], _ specialTokens: SpecialTokens) {
    self.specialTokens = specialTokens
    sources = Sequences(
      lengths: pairs.map(\.source.count), firstRowIDs: pairs.map(\.firstRowIDs.source))
    sourceIDs = pairs.flatMap(\.source)
    targets = Sequences(
      lengths: pairs.map { $0.target.count + 1 }, firstRowIDs: pairs.map(\.firstRowIDs.target))
    var (inputIDs, labels): ([Int32], [Int32]) = ([], [])
    inputIDs.reserveCapacity(targets.tokenCount)
    labels.reserveCapacity(targets.tokenCount)
    for pair in pairs {
      inputIDs.append(specialTokens.beginning)
      inputIDs += pair.target
      labels += pair.target
      labels.append(specialTokens.end)
    }
    self.inputIDs = inputIDs
    self.labels = labels
    guard pairs.contains(where: { !$0.links.isEmpty }) else {
      alignment = []
      return
    }
    var alignment = Array(repeating: [Int](), count: targets.tokenCount)
    for (pair, offset) in zip(pairs, targets.offsets) {
      for link in pair.links { alignment[offset + link.target].append(link.source) }
    }
    self.alignment = alignment
  }

  /// Sources and what the decoder is given, BOS first, without labels: for computing states alone.
  ///
  /// - Precondition: As many inputs as sources.
  public init(
    sources: [[Int32]], inputs: [[Int32]], _ specialTokens: SpecialTokens = .standard
  ) {
    require(
      sources.count == inputs.count, "batch: \(sources.count) sources, \(inputs.count) inputs")
    self.specialTokens = specialTokens
    self.sources = Sequences(lengths: sources.map(\.count))
    sourceIDs = sources.flatMap { $0 }
    targets = Sequences(lengths: inputs.map(\.count))
    inputIDs = inputs.flatMap { $0 }
    labels = []
    alignment = []
  }

  private init(_ batch: TokenBatch, inputIDs: [Int32]) {
    (sources, sourceIDs, targets) = (batch.sources, batch.sourceIDs, batch.targets)
    (self.inputIDs, labels, specialTokens) = (inputIDs, batch.labels, batch.specialTokens)
    alignment = []
  }

  /// The same pairs, the decoder given other tokens, and nothing to attend to in particular: for models
  /// whose pointer answers for their attention.
  ///
  /// - Precondition: As many.
  func reading(_ inputIDs: [Int32]) -> TokenBatch {
    require(
      inputIDs.count == self.inputIDs.count,
      "batch: \(inputIDs.count) inputs for \(self.inputIDs.count)")
    return TokenBatch(self, inputIDs: inputIDs)
  }

  /// Target tokens, EOS included.
  public var targetTokenCount: Int { labels.count }

  /// Numbers the rows of pairs in order, so that a pair draws the same dropout wherever it is
  /// computed.
  public static func numberingRows(_ pairs: [Pair]) -> [Pair] {
    var next: (source: UInt32, target: UInt32) = (0, 0)
    return pairs.map { pair in
      var pair = pair
      pair.firstRowIDs = next
      next.source &+= UInt32(truncatingIfNeeded: pair.source.count)
      next.target &+= UInt32(truncatingIfNeeded: pair.target.count + 1)
      return pair
    }
  }

  /// Deals pairs to workers so that each has about as many tokens.
  ///
  /// A worker's pairs keep their order. The longest are dealt first, each to the worker that has the
  /// fewest tokens by then.
  public static func deal(_ pairs: [Pair], workerCount: Int) -> [[Pair]] {
    var loads = Array(repeating: 0, count: workerCount)
    var owners = Array(repeating: 0, count: pairs.count)
    let sizes = pairs.map { $0.source.count + $0.target.count + 1 }
    let order = pairs.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
    for index in order {
      let lightest = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
      owners[index] = lightest
      loads[lightest] += sizes[index]
    }
    return (0..<workerCount).map { worker in
      pairs.indices.filter { owners[$0] == worker }.map { pairs[$0] }
    }
  }

  /// Cuts pairs into runs of about equal size with at most `tokenLimit` target tokens each, and as
  /// many source tokens, where no single pair has more.
  ///
  /// Forward and backward passes over one slice after another need the memory of one.
  public static func slices(_ pairs: [Pair], tokenLimit: Int) -> [[Pair]] {
    let sizes = pairs.map { sliceSize(of: [$0]) }
    let total = sizes.reduce(0, +)
    let count = max(1, (total + tokenLimit - 1) / tokenLimit)
    let share = (total + count - 1) / count
    var slices: [[Pair]] = []
    var filled = share
    for (pair, size) in zip(pairs, sizes) {
      if filled + size > tokenLimit || filled >= share {
        slices.append([])
        filled = 0
      }
      slices[slices.count - 1].append(pair)
      filled += size
    }
    return slices
  }

  /// What limits a slice of pairs: for each the tokens of its longer side, EOS included.
  package static func sliceSize(of pairs: [Pair]) -> Int {
    pairs.reduce(0) { $0 + max($1.source.count, $1.target.count + 1) }
  }
}
