public import SeqKernels
public import SeqModels

/// Padded sources and decoder inputs, and the numbers to compute them in.
public struct ExaminedBatch: Hashable, Sendable {
  /// What the encoder reads; a source may have no token at all.
  public var sources: PaddedTokens
  /// What the decoder reads, BOS first; as many as sources.
  public var inputs: PaddedTokens
  /// What matrices are multiplied in.
  public var precision: Precision

  /// Sources and inputs, by default for float32.
  ///
  /// - Precondition: As many inputs as sources.
  public init(sources: PaddedTokens, inputs: PaddedTokens, precision: Precision = .float32) {
    require(
      sources.lengths.count == inputs.lengths.count,
      "examined batch: \(sources.lengths.count) sources, \(inputs.lengths.count) inputs")
    self.sources = sources
    self.inputs = inputs
    self.precision = precision
  }

  /// Sentence pairs.
  public var count: Int { sources.lengths.count }

  /// The tokens of one side.
  func tokens(_ side: BatchSide) -> PaddedTokens { side == .source ? sources : inputs }
}

/// Which of a batch's two padded tensors.
public enum BatchSide: String, Codable, Hashable, Sendable, CaseIterable {
  /// What the encoder reads.
  case source
  /// What the decoder reads.
  case target
}

/// A position of one sentence of a batch, both counted from 0.
public struct BatchPlace: Hashable, Sendable {
  /// The row of the batch.
  public var sentence: Int
  /// The place in the row; on the target's side 0 is BOS.
  public var position: Int

  /// A place.
  public init(sentence: Int, position: Int) {
    self.sentence = sentence
    self.position = position
  }
}

/// Numbers with their extents, row-major: an answer of an ``ExaminedModel``.
public struct PaddedValues: Hashable, Sendable {
  /// The numbers.
  public var values: [Float]
  /// How many along each axis, the outermost first.
  public var extents: [Int]

  /// Numbers under extents.
  ///
  /// - Precondition: As many numbers as the extents count.
  public init(_ values: [Float], extents: [Int]) {
    require(
      values.count == extents.reduce(1, *),
      "padded values: \(values.count) numbers, extents \(extents)")
    self.values = values
    self.extents = extents
  }

  /// The numbers of one position of `[batch, length, size]`.
  subscript(place: BatchPlace) -> ArraySlice<Float> {
    let size = extents[2]
    let start = (place.sentence * extents[1] + place.position) * size
    return values[start..<start + size]
  }
}

/// The weights of one attention over a padded batch.
public struct LayerAttention: Hashable, Sendable {
  /// Its name, `decoder.layers.1.cross_attention`.
  public var name: String
  /// Who looks at whom.
  public var kind: SentenceAttention.Kind
  /// `[batch, heads, queries, keys]`, 0–1.
  public var weights: PaddedValues
  /// How many rows look in each sentence where these are latents or paragraphs; nil where they are
  /// tokens.
  public var queryLengths: [Int]?
  /// How many rows are looked at in each sentence where these are latents, groups of tokens or
  /// paragraphs; nil where they are tokens.
  public var keyLengths: [Int]?

  /// Weights `[batch, heads, queries, keys]` of a named layer.
  public init(
    name: String, kind: SentenceAttention.Kind, weights: PaddedValues,
    queryLengths: [Int]? = nil, keyLengths: [Int]? = nil
  ) {
    self.name = name
    self.kind = kind
    self.weights = weights
    self.queryLengths = queryLengths
    self.keyLengths = keyLengths
  }

  /// How many rows of each sentence look, and how many are looked at; the rest is padding.
  func lengths(in batch: ExaminedBatch) -> (queries: [Int], keys: [Int]) {
    let (sources, inputs) = (batch.sources.lengths, batch.inputs.lengths)
    return (
      queryLengths ?? (kind.looksFromSource ? sources : inputs),
      keyLengths ?? (kind == .decoder ? inputs : sources)
    )
  }

  /// The extents that the weights must have, whatever the number of heads.
  func extents(in batch: ExaminedBatch) -> [Int] {
    let (sources, inputs) = (batch.sources.length, batch.inputs.length)
    let heads = weights.extents.count == 4 ? weights.extents[1] : 1
    return [
      batch.count, heads,
      queryLengths.map { $0.max() ?? 0 } ?? (kind.looksFromSource ? sources : inputs),
      keyLengths.map { $0.max() ?? 0 } ?? (kind == .decoder ? inputs : sources),
    ]
  }
}

extension SentenceAttention.Kind {
  fileprivate var looksFromSource: Bool {
    switch self {
    case .encoder, .reading, .document, .pooling: true
    case .cross, .decoder, .pointer, .paragraphs: false
    }
  }
}

/// What one layer put out for a padded batch.
public struct LayerStates: Hashable, Sendable {
  /// Its name, `encoder.layers.0`.
  public var name: String
  /// Whose positions the states belong to.
  public var side: BatchSide
  /// `[batch, length, size]`.
  public var values: PaddedValues

  /// States `[batch, length, size]` of a named layer.
  public init(name: String, side: BatchSide, values: PaddedValues) {
    self.name = name
    self.side = side
    self.values = values
  }
}

/// The gradient of one number with respect to every embedded token of a batch.
public struct EmbeddingGradients: Hashable, Sendable {
  /// `[batch, sources.length, size]`.
  public var sources: PaddedValues
  /// `[batch, inputs.length, size]`.
  public var inputs: PaddedValues

  /// The gradients of both sides, `[batch, length, size]` each.
  public init(sources: PaddedValues, inputs: PaddedValues) {
    self.sources = sources
    self.inputs = inputs
  }

  /// Those of one side.
  func of(_ side: BatchSide) -> PaddedValues { side == .source ? sources : inputs }
}
