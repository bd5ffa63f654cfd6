internal import SeqKernels
internal import SeqLayers
internal import SeqTensors

/// A training pass of a recurrent decoder position by position.
///
/// The rows of a position are the targets that reach it, in the order of the batch.
struct RecurrentUnrolling {
  private let decoder: RecurrentDecoder
  private let batch: TokenBatch
  private let draws: RecurrentDraws
  private let own: OwnRows?
  private let context: Context
  private let inputs: CellInputs
  private let memory: AttentionMemory?
  /// The context of every step, `[sentences, memorySize]`, where it is the same at all.
  private let fixed: Tensor?
  private let starts: [RecurrentState]
  private let zeroState: Tensor

  init(
    _ decoder: RecurrentDecoder, _ batch: TokenBatch, _ source: EncodedSource,
    _ draws: RecurrentDraws, _ own: OwnRows?
  ) {
    self.decoder = decoder
    self.batch = batch
    self.draws = draws
    self.own = own
    context = source.memory.context
    inputs = CellInputs(decoder.configuration)
    memory = decoder.attention.map { $0.prepare(source.memory) }
    fixed = decoder.fixedContext(source)
    starts = decoder.bridge(source)
    let count = batch.targets.count * decoder.stateSize
    zeroState = context.tensor(
      Array(repeating: 0, count: count), shape: [batch.targets.count, decoder.stateSize])
  }

  /// One position of the targets that reach it.
  private struct Position {
    /// Their numbers in the batch.
    let sentences: [Int]
    /// Their rows among the batch's target tokens.
    let tokens: [Int]
    /// One row for each of them, none for the others: as many sequences as the memory has.
    let sequences: Sequences
  }

  private var positions: [Position] {
    let targets = batch.targets
    return (0..<(targets.lengths.max() ?? 0)).map { position in
      let sentences = targets.lengths.indices.filter { targets.lengths[$0] > position }
      return Position(
        sentences: sentences, tokens: sentences.map { targets.offsets[$0] + position },
        sequences: Sequences(
          lengths: targets.lengths.map { $0 > position ? 1 : 0 },
          firstRowIDs: targets.lengths.indices.map { sentence in
            targets.lengths[sentence] > position
              ? targets.rowIDs[targets.offsets[sentence] + position] : 0
          }))
    }
  }

  /// The decoder's last states, in the order of the batch, and what they attended to where that is
  /// wanted.
  func pass() -> DecoderPass {
    let positions = positions
    let order = positions.flatMap(\.tokens)
    let given = own == nil ? embedAll(order) : nil
    var layers = starts
    var fed = zeroState
    var live = Array(0..<batch.targets.count)
    var outputs: [Tensor] = []
    var weights: [SourceWeights] = []
    var row = 0
    for position in positions {
      if position.sentences != live {
        // What ended leaves the rows.
        let kept = live.indices.filter { batch.targets.lengths[live[$0]] > outputs.count }
        layers = layers.map { $0.gatheredRows(kept) }
        fed = fed.gatheredRows(kept)
        live = position.sentences
      }
      let range = row..<row + live.count
      row += live.count
      let embedded =
        given?.rows(range, position.sequences) ?? embed(position, after: fed)
      fed = step(embedded, &layers, fed: fed, position, &weights)
      outputs.append(fed)
    }
    var places = Array(repeating: 0, count: order.count)
    for (place, token) in order.enumerated() { places[token] = place }
    let states = joinedRows(outputs).gatheredRows(places, sequences: batch.targets)
    states.captured(as: "decoder")
    return DecoderPass(
      states,
      weights: weights.isEmpty ? nil : SourceWeights(joining: weights, queries: batch.targets))
  }

  /// A step from embedded tokens to what the vocabulary sees.
  private func step(
    _ embedded: Embedded, _ layers: inout [RecurrentState], fed: Tensor, _ position: Position,
    _ weights: inout [SourceWeights]
  ) -> Tensor {
    var found = fixed?.gatheredRows(position.sentences)
    func look(from query: Tensor, _ attention: any AttentionScore, _ memory: AttentionMemory) {
      let query = query.divided(into: position.sequences)
      found = attention.context(of: query, over: memory)
      if !batch.alignment.isEmpty { weights.append(attention.weights(of: query, over: memory)) }
    }
    if let attention = decoder.attention, let memory, inputs.contextEntersCell,
      let last = layers.last
    {
      look(from: last.hidden, attention, memory)
    }
    let hidden = decoder.advance(
      decoder.gates(embedded.gates, inputs.stateIsFed ? fed : found), &layers,
      (draws, position.sentences, position.sequences.rowIDs)
    ).divided(into: position.sequences)
    if let attention = decoder.attention, let memory, !inputs.contextEntersCell {
      look(from: hidden, attention, memory)
    }
    return draws.drop(
      decoder.combined(hidden, found, embedded.vectors).divided(into: position.sequences), .output,
      position.sentences)
  }

  // MARK: Inputs

  /// Embedded tokens, and their part of the first layer's gates.
  private struct Embedded {
    let vectors: Tensor
    let gates: Tensor

    func rows(_ range: Range<Int>, _ sequences: Sequences) -> Embedded {
      Embedded(
        vectors: vectors.rows(range, sequences: sequences),
        gates: gates.rows(range, sequences: sequences))
    }
  }

  /// All of the batch's inputs, position by position.
  private func embedAll(_ order: [Int]) -> Embedded {
    let targets = batch.targets
    let vectors = decoder.embed(
      DecoderInputs(batch.inputIDs), targets, draws, targets.rowSentences, in: context
    ).gatheredRows(order)
    return Embedded(vectors: vectors, gates: decoder.gates(vectors))
  }

  /// Gold tokens, and in some rows what the feed makes of what the step before said.
  private func embed(_ position: Position, after states: Tensor) -> Embedded {
    var inputs = DecoderInputs(position.tokens.map { batch.inputIDs[$0] })
    if let own {
      let places = position.tokens.indices.filter { own.rows.contains(position.tokens[$0]) }
      if !places.isEmpty {
        let replacement = context.aside(recording: own.feed.isDifferentiable) {
          own.feed.inputs(
            rows: places.map { position.tokens[$0] }, of: batch,
            logits: own.logits(states.gatheredRows(places)))
        }
        inputs = DecoderInputs(inputs.tokens, replacing: places, by: replacement)
      }
    }
    let vectors = decoder.embed(
      inputs, position.sequences, draws, position.sentences, in: context)
    return Embedded(vectors: vectors, gates: decoder.gates(vectors))
  }
}

/// The target rows that do not read the gold token, and what decides what they read.
struct OwnRows {
  let rows: Set<Int>
  let feed: any InputFeed
  /// The model's vocabulary projection of last states.
  let logits: (Tensor) -> Tensor
}
