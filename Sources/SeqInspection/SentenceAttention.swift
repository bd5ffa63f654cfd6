public import SeqFigures
public import SeqModels
internal import SeqTensors
public import SeqText

/// What a model attends to in one sentence pair, with the tokens it is about.
///
///     let attention = SentenceAttention(loaded, source: sourceIDs, target: targetIDs)
///     print(attention.figure(.cross).terminal(width: 80, color: .none))
public struct SentenceAttention: Hashable, Sendable {
  /// Which side looks at which.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// The target at the source.
    case cross
    /// The source at itself.
    case encoder
    /// The target at its past.
    case decoder
    /// The target at the source tokens that it copies.
    case pointer
    /// Latents at the source.
    case reading
    /// The target at the paragraphs of the source.
    case paragraphs
    /// The paragraphs of the source at one another.
    case document
    /// Each paragraph of the source at its tokens.
    case pooling
  }

  /// The source's tokens, as the encoder reads them.
  public let sourceTokens: [String]
  /// The decoder's input: BOS and the target's tokens.
  public let inputTokens: [String]
  /// What the decoder writes: the target's tokens and EOS.
  public let outputTokens: [String]
  /// The weights of every layer and head.
  public let weights: PairAttention
  /// What the decoder attends to.
  private let memoryRows: MemoryRows
  /// Where the source tokens are that are neither BOS nor EOS.
  private let textPlaces: [Int]
  /// The name of every paragraph of the source: its number and its first token.
  private let paragraphLabels: [String]

  /// Computes the weights of a model for a pair of token ids, the target's without BOS and EOS.
  ///
  /// `words` are those that ids beyond the vocabulary stand for.
  ///
  /// - Precondition: The ids are in the vocabularies, and not too many for learned positions.
  public init(
    _ directory: ModelDirectory, source: [Int32], target: [Int32],
    words: UnknownWords = UnknownWords([])
  ) {
    let batch = TokenBatch(
      [TokenBatch.Pair(source: source, target: target)], directory.model.specialTokens)
    weights = directory.model.attention(of: batch, in: Context(mode: .inference))[0]
    memoryRows = directory.model.configuration.memoryRows
    sourceTokens = directory.codec.source.vocabulary.labels(of: source, words)
    textPlaces = directory.codec.textPlaces(of: source)
    let labels = sourceTokens
    paragraphLabels = source.indices.filter {
      $0 == 0 || source[$0 - 1] == directory.model.specialTokens.end
    }.enumerated().map { "¶\($0.offset + 1) \(labels[$0.element])" }
    let vocabulary = directory.codec.target.vocabulary
    inputTokens = vocabulary.labels(of: batch.inputIDs, words)
    outputTokens = vocabulary.labels(of: batch.labels, words)
  }

  /// How many layers have this kind of attention.
  public func layerCount(_ kind: Kind) -> Int { maps(kind).count }

  /// How many heads each layer of this kind has.
  public func headCount(_ kind: Kind) -> Int { maps(kind).first?.headCount ?? 0 }

  /// The layer, from 0, that is drawn unless told: the last but one, as for
  /// ``PairAttention/alignmentLayer(of:)``; the only one of a single layer.
  public func defaultLayer(_ kind: Kind) -> Int { max(0, layerCount(kind) - 2) }

  /// Names of rows and columns: what looks, and what is looked at.
  ///
  /// Cross-attention names its rows after the tokens being written; self-attention names rows and
  /// columns after the tokens read. Latents are numbered; a group of tokens that are one row of the
  /// memory has the name of its first and its last, a paragraph its number and its first token.
  public func labels(_ kind: Kind) -> (rows: [String], columns: [String]) {
    switch kind {
    case .cross: (outputTokens, memoryLabels)
    case .pointer: (outputTokens, sourceTokens)
    case .encoder:
      memoryRows == .latents ? (memoryLabels, memoryLabels) : (sourceTokens, sourceTokens)
    case .decoder: (inputTokens, inputTokens)
    case .reading: (memoryRows == .latents ? memoryLabels : [], sourceTokens)
    case .paragraphs: (outputTokens, paragraphLabels)
    case .document: (paragraphLabels, paragraphLabels)
    case .pooling: (paragraphLabels, sourceTokens)
    }
  }

  private var memoryLabels: [String] {
    switch memoryRows {
    case .tokens: return sourceTokens
    case .latents:
      return (0..<(weights.encoder.first?.keyCount ?? 0)).map { "latent \($0 + 1)" }
    case .groups(let size): return sourceTokens.groupLabels(of: size)
    }
  }

  /// One head's weights, or the mean over all heads, row by row; the future of a decoder is no
  /// number.
  ///
  /// - Precondition: The layer and the head exist; both count from 0.
  public func rows(_ kind: Kind, layer: Int, head: Int? = nil) -> [[Double]] {
    let map = maps(kind)[layer]
    let rows = (head.map { map.rows(ofHead: $0) } ?? map.meanRows).map { $0.map(Double.init) }
    guard kind == .decoder else { return rows }
    return rows.enumerated().map { query, row in
      row.enumerated().map { key, weight in key > query ? .nan : weight }
    }
  }

  /// The heat map of one layer: ``defaultLayer(_:)`` unless told, the mean over heads unless told.
  ///
  /// - Precondition: The layer and the head exist; both count from 0.
  public func figure(
    _ kind: Kind, layer: Int? = nil, head: Int? = nil, showsNumbers: Bool = false
  ) -> HeatMap {
    let layer = layer ?? defaultLayer(kind)
    let names = labels(kind)
    let heads =
      head.map { "head \($0 + 1) of \(headCount(kind))" } ?? "mean of \(headCount(kind)) heads"
    return HeatMap(
      rowLabels: names.rows, columnLabels: names.columns,
      values: rows(kind, layer: layer, head: head),
      title: "\(kind.title), layer \(layer + 1) of \(layerCount(kind)), \(heads)",
      showsNumbers: showsNumbers)
  }

  /// For every target token the source token it looks at most, in one layer's mean over heads or,
  /// where none is given, by ``PairAttention/alignment``; nothing where the decoder attends to latents
  /// or to groups of tokens.
  ///
  /// - Precondition: The layer exists.
  public func alignment(layer: Int? = nil) -> [AlignmentLink] {
    guard memoryRows == .tokens else { return [] }
    return (layer.map { weights.cross[$0] } ?? weights.alignment)?.links(text: textPlaces) ?? []
  }

  private func maps(_ kind: Kind) -> [AttentionMap] {
    switch kind {
    case .cross: weights.cross
    case .encoder: weights.encoder
    case .decoder: weights.decoder
    case .pointer: weights.pointer.map { [$0] } ?? []
    case .reading: weights.reads
    case .paragraphs: weights.paragraphs
    case .document: weights.document
    case .pooling: weights.pooling.map { [$0] } ?? []
    }
  }
}

extension SentenceAttention.Kind {
  var title: String {
    switch self {
    case .cross: "cross-attention"
    case .encoder: "encoder self-attention"
    case .decoder: "decoder self-attention"
    case .pointer: "weights of copying"
    case .reading: "reading of the source by latents"
    case .paragraphs: "cross-attention to paragraphs"
    case .document: "self-attention of paragraphs"
    case .pooling: "pooling of paragraphs"
    }
  }
}
