public import SeqFigures
public import SeqModels
public import SeqTensors
public import SeqText

/// The masks of a batch, as a model on padded tensors would need them, drawn with its tokens.
///
/// Ragged batches need none of them but the causal one; these are the masks whose numbers they
/// reproduce.
public struct BatchMasks: Sendable {
  private let sources: [[String]]
  /// What the decoder reads: BOS and the target.
  private let inputs: [[String]]
  private let padLabel: (source: String, target: String)
  /// What a token of the encoder sees; nil is all that is no padding.
  private let window: AttentionWindow?
  /// The paragraphs of sources, where the encoder reads each alone; nil where it reads sources as a
  /// whole.
  private let paragraphs: [ParagraphPlaces]?
  /// What the decoder attends to: tokens or groups of tokens; nil where these are latents.
  private let memory: [[String]]?

  /// The masks of pairs in the order of the batch; `window` is that of the encoder's self-attention,
  /// if it has one, `readsParagraphs` whether it runs over one paragraph after the other, `memoryRows`
  /// what the decoder attends to.
  ///
  /// - Precondition: At least one pair.
  public init(
    _ pairs: [TokenBatch.Pair], codec: TextCodec, window: AttentionWindow? = nil,
    readsParagraphs: Bool = false, memoryRows: MemoryRows = .tokens
  ) {
    self.window = window
    paragraphs =
      readsParagraphs
      ? pairs.map {
        ParagraphPlaces(of: $0.source, end: codec.source.vocabulary.specialTokens.end)
      } : nil
    let (source, target) = (codec.source.vocabulary, codec.target.vocabulary)
    let begin = target.specialTokens.beginning
    let sources = pairs.map { source.labels(of: $0.source) }
    memory =
      switch memoryRows {
      case .tokens: sources
      case .groups(let size): sources.map { $0.groupLabels(of: size) }
      case .latents: nil
      }
    self.sources = sources
    inputs = pairs.map { target.labels(of: [begin] + $0.target) }
    padLabel = (
      source.label(of: source.specialTokens.padding),
      target.label(of: target.specialTokens.padding)
    )
  }

  private var sourceLength: Int { sources.map(\.count).max() ?? 0 }
  private var targetLength: Int { inputs.map(\.count).max() ?? 0 }

  /// The padding masks `[batch, length]` of both sides, token by token.
  public var padding: [TokenGrid] {
    [
      grid(sources, padLabel.source, to: sourceLength, title: "source padding mask"),
      grid(inputs, padLabel.target, to: targetLength, title: "target padding mask, decoder input"),
    ]
  }

  private func grid(
    _ rows: [[String]], _ padLabel: String, to length: Int, title: String
  ) -> TokenGrid {
    TokenGrid(
      rows: rows.map { fill($0, padLabel, to: length) }, lengths: rows.map(\.count),
      title: "\(title) [\(rows.count), \(length)]")
  }

  /// The mask `[sources, sources]` of encoder self-attention that hides what is outside its window, and
  /// padding; nil without a window.
  ///
  /// - Precondition: The pair exists, from 0.
  public func window(pair: Int) -> HeatMap? {
    let tokens = fill(sources[pair], padLabel.source, to: sourceLength)
    return windowMask.map {
      figure(
        $0, pair, rows: tokens, columns: tokens,
        title: "window and source padding, encoder self-attention, pair \(pair)")
    }
  }

  private var windowMask: AttentionMask? {
    guard paragraphs == nil else { return nil }
    return window.map {
      // Global positions outside the batch would only cost time.
      AttentionWindow(
        before: $0.before, after: $0.after, globalCount: min($0.globalCount, sourceLength)
      ).mask.union(.padding(lengths: sources.map(\.count)))
    }
  }

  /// The mask `[sources, sources]` of encoder self-attention that hides other paragraphs, what is outside
  /// the window within a token's own, and padding; nil where a source is read as a whole.
  ///
  /// - Precondition: The pair exists, from 0.
  public func paragraphs(pair: Int) -> HeatMap? {
    let tokens = fill(sources[pair], padLabel.source, to: sourceLength)
    return paragraphMask.map {
      figure(
        $0, pair, rows: tokens, columns: tokens,
        title: "paragraphs and source padding, encoder self-attention, pair \(pair)")
    }
  }

  private var paragraphMask: AttentionMask? {
    paragraphs.map { paragraphs in
      let matrices = paragraphs.map { source in
        BooleanTensor(rows: sourceLength, columns: sourceLength) { query, key in
          let count = source.numbers.count
          guard max(query, key) < count else { return false }
          guard source.numbers[query] == source.numbers[key] else { return true }
          // A window counts by places within paragraphs.
          return window?.mask.hides(
            query: source.places[query], key: source.places[key], sequence: 0, queryCount: count,
            keyCount: count) ?? false
        }
      }
      return AttentionMask.hidden(each: matrices).union(
        .padding(lengths: sources.map(\.count)))
    }
  }

  /// The causal mask `[targets, targets]` of decoder self-attention, with the tokens of one pair.
  ///
  /// - Precondition: The pair exists, from 0.
  public func causal(pair: Int) -> HeatMap {
    let tokens = fill(inputs[pair], padLabel.target, to: targetLength)
    return figure(
      .causal, pair, rows: tokens, columns: tokens,
      title: "causal mask, decoder self-attention")
  }

  /// The mask `[targets, targets]` of decoder self-attention that hides the future and padding.
  ///
  /// - Precondition: The pair exists, from 0.
  public func decoder(pair: Int) -> HeatMap {
    let tokens = fill(inputs[pair], padLabel.target, to: targetLength)
    return figure(
      .causal.union(.padding(lengths: inputs.map(\.count))), pair, rows: tokens, columns: tokens,
      title: "causal and target padding, pair \(pair)")
  }

  /// The mask `[targets, sources]` of cross-attention: nobody looks at the padding of the source.
  ///
  /// Where the decoder attends to groups of tokens it is `[targets, groups]`; nil where it attends to
  /// latents, which have no padding.
  ///
  /// - Precondition: The pair exists, from 0.
  public func memory(pair: Int) -> HeatMap? {
    memory.map { rows in
      let lengths = rows.map(\.count)
      return figure(
        .padding(lengths: lengths), pair,
        rows: fill(inputs[pair], padLabel.target, to: targetLength),
        columns: fill(rows[pair], padLabel.source, to: lengths.max() ?? 0),
        title: "memory mask, cross-attention, pair \(pair)")
    }
  }

  /// A mask for programs: true means masked out.
  public struct Values: Encodable, Hashable, Sendable {
    /// `source_padding`, `target_padding`, `window`, `paragraphs`, `causal`, `decoder` or `memory`.
    public let name: String
    /// `[batch, length]`, `[targets, targets]` or `[batch, targets, keys]`.
    public let shape: [Int]
    /// Row after row.
    public let values: [Bool]

    init(_ name: String, _ mask: BooleanTensor) {
      self.name = name
      shape = mask.shape.extents
      values = mask.values
    }
  }

  /// The masks of the whole batch as boolean tensors; none of a memory of latents.
  public var tensors: [Values] {
    let (sourceLengths, targetLengths) = (sources.map(\.count), inputs.map(\.count))
    let memory: [Values] =
      memory.map { rows in
        let lengths = rows.map(\.count)
        let mask = AttentionMask.padding(lengths: lengths).matrices(
          batch: rows.count, queryCount: targetLength, keyCount: lengths.max() ?? 0)
        return [Values("memory", mask)]
      } ?? []
    let decoder = AttentionMask.causal.union(.padding(lengths: targetLengths))
    let encoder = [("window", windowMask), ("paragraphs", paragraphMask)].compactMap { name, mask in
      mask.map {
        Values(
          name,
          $0.matrices(batch: sources.count, queryCount: sourceLength, keyCount: sourceLength))
      }
    }
    return [
      Values("source_padding", .padding(lengths: sourceLengths)),
      Values("target_padding", .padding(lengths: targetLengths)),
    ] + encoder + [
      Values("causal", .causal(targetLength)),
      Values(
        "decoder",
        decoder.matrices(
          batch: inputs.count, queryCount: targetLength, keyCount: targetLength)),
    ] + memory
  }

  private func fill(_ tokens: [String], _ padLabel: String, to length: Int) -> [String] {
    tokens + Array(repeating: padLabel, count: length - tokens.count)
  }

  private func figure(
    _ mask: AttentionMask, _ pair: Int, rows: [String], columns: [String], title: String
  ) -> HeatMap {
    let hidden = mask.matrix(sequence: pair, queryCount: rows.count, keyCount: columns.count)
    return HeatMap(
      rowLabels: rows, columnLabels: columns,
      values: rows.indices.map { row in
        columns.indices.map { hidden[row, $0] ? .nan : 1 }
      },
      title: "\(title) [\(rows.count), \(columns.count)]", content: .mask)
  }
}
