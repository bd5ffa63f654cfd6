public import SeqTensors

/// What a decoder is given of the sources of a batch.
public struct EncodedSource {
  /// A row for every source token, or what ``ModelConfiguration/memoryRows`` says,
  /// `[rows, memorySize]`, ragged.
  public let memory: Tensor
  /// For every layer of a recurrent encoder the state after the last token it read, one row a
  /// source, `[sources, memorySize]`; none for a Transformer.
  public let finals: [RecurrentState]

  /// A memory, and final states where there are any.
  public init(memory: Tensor, finals: [RecurrentState] = []) {
    self.memory = memory
    self.finals = finals
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

  /// Reads the sources, each by itself.
  func callAsFunction(_ ids: [Int32], _ sequences: Sequences, in context: Context) -> EncodedSource

  /// Of the attentions computed while encoding, those of the source, or of latents, to itself, a layer
  /// each.
  func selfAttention(among captured: [[AttentionMap]]) -> [[AttentionMap]]

  /// Of the same those of latents to the source, one each time they read it.
  func reads(among captured: [[AttentionMap]]) -> [[AttentionMap]]
}

extension SequenceEncoder {
  /// None.
  public func reads(among captured: [[AttentionMap]]) -> [[AttentionMap]] { [] }
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

  /// Divides the attentions computed under teacher forcing into those of the target to itself and
  /// to the source, a layer each.
  func attention(
    among captured: [[AttentionMap]], of batch: TokenBatch
  ) -> (decoder: [[AttentionMap]], cross: [[AttentionMap]])
}
