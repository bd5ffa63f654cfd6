public import SeqTensors

/// What a decoder is given of the sources of a batch.
public struct EncodedSource {
  /// A row for every source token, or what ``ModelConfiguration/memoryRows`` says,
  /// `[rows, memorySize]`, ragged.
  public let memory: Tensor
  /// A row for every paragraph of the sources, `[paragraphs, memorySize]`, ragged; nil where the encoder
  /// knows none.
  public let paragraphs: Tensor?
  /// For every layer of a recurrent encoder the state after the last token it read, one row a
  /// source, `[sources, memorySize]`; none for a Transformer.
  public let finals: [RecurrentState]

  /// A memory, and final states or paragraphs where there are any.
  public init(memory: Tensor, finals: [RecurrentState] = [], paragraphs: Tensor? = nil) {
    self.memory = memory
    self.finals = finals
    self.paragraphs = paragraphs
  }
}

/// The half of a model that reads the source.
public protocol SequenceEncoder: Sendable {
  /// Columns of the memory.
  var memorySize: Int { get }
  /// Final states it gives, and the cell that made them; nil where there are none.
  var finalStates: FinalStates? { get }
  /// The longest source, in tokens; nil without limit.
  var lengthLimit: Int? { get }
  /// Whether it gives ``EncodedSource/paragraphs``; no unless said.
  var givesParagraphs: Bool { get }

  /// Reads the sources, each by itself.
  func callAsFunction(_ ids: [Int32], _ sequences: Sequences, in context: Context) -> EncodedSource

  /// Divides the attentions computed while encoding a batch.
  func attention(among captured: [[AttentionMap]], of batch: TokenBatch) -> EncoderAttention
}

extension SequenceEncoder {
  /// No.
  public var givesParagraphs: Bool { false }
}

/// What was attended to while sources were read; every attention has a map for each of them.
public struct EncoderAttention {
  /// The source, or latents, to itself, a layer each.
  public var own: [[AttentionMap]]
  /// Latents to the source, one each time they read it.
  public var reads: [[AttentionMap]]
  /// Paragraphs to their tokens, in the encoder of documents.
  public var pooling: [AttentionMap]?
  /// The paragraphs of a source to one another, a document layer each.
  public var document: [[AttentionMap]]

  /// By default none.
  public init(
    own: [[AttentionMap]] = [], reads: [[AttentionMap]] = [], pooling: [AttentionMap]? = nil,
    document: [[AttentionMap]] = []
  ) {
    self.own = own
    self.reads = reads
    self.pooling = pooling
    self.document = document
  }
}

/// What was attended to while targets were written; every attention has a map for each of them.
public struct DecoderAttention {
  /// The target to itself, a layer each.
  public var own: [[AttentionMap]]
  /// The target to the memory, a layer each.
  public var cross: [[AttentionMap]]
  /// The target to the paragraphs of the source, a layer each.
  public var paragraphs: [[AttentionMap]]

  /// By default none.
  public init(
    own: [[AttentionMap]] = [], cross: [[AttentionMap]] = [], paragraphs: [[AttentionMap]] = []
  ) {
    self.own = own
    self.cross = cross
    self.paragraphs = paragraphs
  }
}

/// The kind and number of an encoder's final states.
public struct FinalStates: Hashable, Sendable {
  /// What computed them.
  public let cell: RecurrentCell
  /// Layers, each with a state.
  public let layerCount: Int

  /// States of so many layers.
  public init(cell: RecurrentCell, layerCount: Int) {
    self.cell = cell
    self.layerCount = layerCount
  }
}

/// What a decoder comes to over a batch of targets.
public struct DecoderPass {
  /// The last states, `[target tokens, stateSize]`.
  public let states: Tensor
  /// What they gave to the tokens of their sources, in the attention that aligns best; computed where
  /// the batch has an ``TokenBatch/alignment``, nil elsewhere and of a decoder without attention.
  public let weights: SourceWeights?

  /// States, and what they attended to.
  public init(_ states: Tensor, weights: SourceWeights? = nil) {
    self.states = states
    self.weights = weights
  }
}

/// The half of a model that writes the target.
public protocol SequenceDecoder: Sendable {
  /// What it remembers while decoding step by step, one entry a hypothesis.
  associatedtype State

  /// Columns of its last states.
  var stateSize: Int { get }
  /// The longest target, BOS included; nil without limit.
  var lengthLimit: Int? { get }

  /// What it comes to at every target row, reading what `feed` decides; without one, teacher
  /// forcing.
  ///
  /// `logits` is the model's vocabulary projection of last states.
  func states(
    of batch: TokenBatch, _ source: EncodedSource, feed: (any InputFeed)?,
    logits: @escaping (Tensor) -> Tensor
  ) -> DecoderPass

  /// The state before the first step, one row a source.
  ///
  /// - Precondition: A context in inference mode.
  func start(_ source: EncodedSource) -> State

  /// Feeds every row a token and gives its last state, `[rows, stateSize]`.
  func step(_ tokens: [Int32], _ state: inout State, in context: Context) -> Tensor

  /// Makes row i a copy of the former row `rows[i]`; the rows of a source stay adjacent.
  func reorder(_ state: inout State, rows: [Int])

  /// Whether it attends to the source at all.
  var attendsToSource: Bool { get }

  /// Of the attentions computed in one step those to the source, `[source tokens]` for each row:
  /// the mean over heads, of the layer that aligns best if there are several.
  func sourceAttention(amongStep captured: [[AttentionMap]]) -> [[Float]]

  /// Divides the attentions computed under teacher forcing.
  func attention(among captured: [[AttentionMap]], of batch: TokenBatch) -> DecoderAttention
}
