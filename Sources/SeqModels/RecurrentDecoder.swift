internal import SeqKernels
internal import SeqLayers
public import SeqTensors

/// A recurrent decoder, with attention before or after its step or none at all.
///
/// Where no step needs what the step before it put out, all positions of a layer are one operation
/// and attention looks from all of them at once. Otherwise the decoder runs position by position:
/// with attention before the step, with input feeding, or when a regime feeds it its own words.
public struct RecurrentDecoder: SequenceDecoder {
  let configuration: RecurrentConfiguration
  /// A row for every target token, `[vocabulary, embeddingSize]`.
  let table: Parameter
  let bridge: StateBridge
  /// The first one's input is the token and, beside it, a context or the fed state where
  /// ``CellInputs`` says so.
  let layers: [RecurrentLayer]
  let attention: (any AttentionScore)?
  /// `tanh(W [context; state])`, or with the token's embedding where the context entered the cell;
  /// none where the vocabulary sees the state itself.
  let combination: Linear?

  /// Names its parameters in the scope of the decoder; the table is made elsewhere.
  init(
    in scope: ParameterScope, _ configuration: RecurrentConfiguration, table: Parameter,
    memorySize: Int, finalStates: FinalStates?
  ) {
    self.configuration = configuration
    self.table = table
    let (hidden, embedding) = (configuration.hiddenSize, configuration.embeddingSize)
    bridge = StateBridge(in: scope["bridge"], from: memorySize, finalStates, to: configuration)
    attention = configuration.attention.map {
      $0.score.layer(
        in: scope["attention"], querySize: hidden, memorySize: memorySize, size: $0.size ?? hidden,
        headCount: $0.headCount)
    }
    let contextSize = attention?.contextSize ?? memorySize
    let inputs = CellInputs(configuration)
    let second = inputs.secondSize(contextSize: contextSize, stateSize: hidden)
    layers = (0..<configuration.decoderLayerCount).map { index in
      RecurrentLayer(
        in: scope["layers"][index], cell: configuration.cell,
        inputSize: index == 0 ? embedding + second : hidden, hiddenSize: hidden,
        forgetBias: Float(configuration.forgetBias))
    }
    combination =
      configuration.attention == nil && configuration.contextUse == .start
      ? nil
      : Linear(
        in: scope["combination"],
        inputSize: contextSize + hidden + (inputs.contextEntersCell ? embedding : 0),
        outputSize: hidden, activation: .tanh)
  }

  /// The hidden size.
  public var stateSize: Int { configuration.hiddenSize }
  /// None.
  public var lengthLimit: Int? { nil }

  // MARK: Training

  /// All positions at once where that can be, otherwise one after the other.
  public func states(
    of batch: TokenBatch, _ source: EncodedSource, feed: (any InputFeed)?,
    logits: @escaping (Tensor) -> Tensor
  ) -> DecoderPass {
    let draws = RecurrentDraws(configuration, batch.targets, in: source.memory.context)
    let ownRows = feed?.ownRows(of: batch) ?? []
    if ownRows.isEmpty && !CellInputs(configuration).dependOnSteps {
      return statesAtOnce(of: batch, source, draws)
    }
    let own = feed.map { OwnRows(rows: Set(ownRows), feed: $0, logits: logits) }
    return RecurrentUnrolling(self, batch, source, draws, ownRows.isEmpty ? nil : own).pass()
  }

  private func statesAtOnce(of batch: TokenBatch, _ source: EncodedSource, _ draws: RecurrentDraws)
    -> DecoderPass
  {
    let targets = batch.targets
    let sentences = targets.rowSentences
    let embedded = embed(
      DecoderInputs(batch.inputIDs), targets, draws, sentences, in: source.memory.context)
    let starts = bridge(source)
    let fixed = fixedContext(source)?.gatheredRows(sentences)
    var states = (fixed.map { joinedColumns([embedded, $0]) } ?? embedded).divided(into: targets)
    for (index, layer) in layers.enumerated() {
      if index > 0 { states = draws.drop(states, .between(index), sentences) }
      states =
        states.recurrence(
          layer.weights, from: starts[index], stateMask: draws.stateMasks[index]
        ).states
      states.captured(as: layer.name)
    }
    let memory = attention?.prepare(source.memory)
    var (context, weights): (Tensor?, SourceWeights?) = (nil, nil)
    if let attention, let memory {
      context = attention.context(of: states, over: memory)
      if !batch.alignment.isEmpty { weights = attention.weights(of: states, over: memory) }
    }
    let outputs = combined(states, context ?? fixed, embedded).divided(into: targets)
    return DecoderPass(draws.drop(outputs, .output, sentences), weights: weights)
  }

  // MARK: Parts of a step

  /// Tokens to vectors, `[tokens, embeddingSize]`, with dropout; `sentences` are the rows'.
  func embed(
    _ inputs: DecoderInputs, _ sequences: Sequences, _ draws: RecurrentDraws, _ sentences: [Int],
    in context: Context
  ) -> Tensor {
    draws.drop(
      context.embed(inputs.tokens, mixture: inputs.mixture, in: table, sequences: sequences),
      .embedding, sentences)
  }

  /// The encoder's last state where it is the context of every step, `[sources, memorySize]`.
  func fixedContext(_ source: EncodedSource) -> Tensor? {
    guard attention == nil, CellInputs(configuration).contextEntersCell else { return nil }
    return source.finals.last?.hidden ?? source.memory.sequenceMeans()
  }

  /// The part of the first layer's gates that comes from embedded tokens, bias included, `[rows,
  /// gates · hiddenSize]`: of many positions one product.
  func gates(_ embedded: Tensor) -> Tensor {
    embedded.inputGates(layers[0].weights, columns: 0..<configuration.embeddingSize)
  }

  /// Those gates with the part of what enters beside the token.
  func gates(_ embeddedGates: Tensor, _ second: Tensor?) -> Tensor {
    guard let second else { return embeddedGates }
    let weights = layers[0].weights
    return embeddedGates
      + second.inputGates(
        weights, columns: configuration.embeddingSize..<weights.inputSize, hasBias: false)
  }

  /// What the vocabulary sees, `[rows, hiddenSize]`.
  func combined(_ states: Tensor, _ context: Tensor?, _ embedded: Tensor) -> Tensor {
    guard let combination, let context else { return states }
    let parts = [context, states]
    return combination(
      joinedColumns(CellInputs(configuration).contextEntersCell ? parts + [embedded] : parts))
  }

  /// One step of all layers.
  ///
  /// - Parameters:
  ///   - gates: the input part of the first layer's, `[rows, gates · hiddenSize]`.
  ///   - states: a state a layer, advanced by the step.
  ///   - draws: of dropout, and the sentences of the rows; nil drops nothing.
  /// - Returns: The last layer's hidden state, `[rows, hiddenSize]`.
  func advance(
    _ gates: Tensor, _ states: inout [RecurrentState],
    _ draws: (draws: RecurrentDraws, sentences: [Int], rowIDs: [UInt32])? = nil
  ) -> Tensor {
    var gates = gates
    var hidden = gates
    for (index, layer) in layers.enumerated() {
      if index > 0 {
        if let (draws, sentences, rowIDs) = draws {
          hidden = draws.drop(hidden, .between(index), sentences, rowIDs: rowIDs)
        }
        gates = hidden.inputGates(layer.weights)
      }
      states[index] = recurrentStep(
        inputGates: gates, states[index], layer.weights,
        stateMask: draws.flatMap { $0.draws.stateMasks[index]?.gatheredRows($0.sentences) })
      hidden = states[index].hidden
    }
    return hidden
  }
}

/// What enters the cell of a recurrent decoder beside the token.
package struct CellInputs {
  private let configuration: RecurrentConfiguration

  package init(_ configuration: RecurrentConfiguration) { self.configuration = configuration }

  /// Whether a context vector does, the encoder's last state or what attention found before the step.
  package var contextEntersCell: Bool {
    configuration.attention.map { $0.placement == .before }
      ?? (configuration.contextUse == .everyStep)
  }

  /// Whether the state that the step before gave to the vocabulary does.
  package var stateIsFed: Bool { configuration.attention?.inputFeeding ?? false }

  /// Whether the input of a step is known only after the step before.
  var dependOnSteps: Bool { stateIsFed || configuration.attention?.placement == .before }

  /// Columns of what enters beside the token.
  func secondSize(contextSize: Int, stateSize: Int) -> Int {
    if contextEntersCell { return contextSize }
    return stateIsFed ? stateSize : 0
  }
}
