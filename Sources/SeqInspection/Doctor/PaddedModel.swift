internal import SeqDecoding
public import SeqModels
internal import SeqTensors

public import enum SeqKernels.Precision

/// An encoder–decoder of this toolkit as the doctor examines it: through the padded border.
///
///     let report = try Doctor().examine(PaddedModel(loaded.model))
///
/// Inside, batches are ragged; padding is taken off on the way in and put back, as zeros, on the way
/// out. Losses and gradients are those of training, with dropout switched off.
public struct PaddedModel: ExaminedModel {
  /// What is examined.
  public let model: any EncoderDecoder

  /// What the model was rounded to; float32 where it was not.
  public let ownPrecision: Precision

  /// Wraps a model.
  public init(_ model: any EncoderDecoder) {
    self.model = model
    // Gradients need float32: asked later, the model has forgotten it.
    ownPrecision = model.store.storedPrecision
  }

  /// Those of the model.
  public var vocabularies: VocabularySizes { model.vocabularies }
  /// The rows of learned positions.
  public var lengthLimit: Int? { model.lengthLimit }
  /// float32, bfloat16 and ``ownPrecision``.
  public var precisions: [Precision] {
    [.float32, .bfloat16] + (ownPrecision == .int8 ? [.int8] : [])
  }

  /// No for a recurrent encoder of one direction, as its configuration says.
  public var encoderReadsBothWays: Bool {
    switch model.configuration {
    case .transformer: true
    case .recurrent(let configuration): configuration.direction == .bidirectional
    case .mixed(let configuration):
      switch configuration.encoder {
      case .transformer: true
      case .recurrent(let half): half.direction == .bidirectional
      }
    }
  }

  /// No for latents.
  public var encoderKeepsTokens: Bool { model.configuration.memoryRows != .latents }

  /// Half of the window.
  public var encoderReach: Int? { model.configuration.window?.before }
  /// The global tokens beside the window.
  public var encoderGlobalCount: Int { model.configuration.window?.globalCount ?? 0 }
  /// That of Shaw's, T5's or disentangled positions, of the half where it is larger.
  public var distanceLimit: Int? {
    model.configuration.transformerHalves.filter(\.positions.hasDistances)
      .map(\.distanceLimit).max()
  }

  /// The model's EOS for an encoder with layers among paragraphs.
  public var paragraphEnd: Int32? {
    model.configuration.documentLayerCount.map { _ in model.specialTokens.end }
  }

  /// Through ``EncoderDecoder/logProbabilities(sources:inputs:in:)``.
  public func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
    let found = model.logProbabilities(
      sources: batch.sources, inputs: batch.inputs,
      in: Context(mode: .inference, precision: batch.precision))
    return PaddedValues(found.values, extents: found.shape.extents)
  }

  private func ragged(_ batch: ExaminedBatch) -> TokenBatch {
    TokenBatch(sources: batch.sources.sequences, inputs: batch.inputs.sequences)
  }

  // MARK: Looking inside

  /// Through ``EncoderDecoder/attention(of:in:)``.
  public func attentionWeights(_ batch: ExaminedBatch) -> [LayerAttention]? {
    let context = Context(mode: .inference, precision: batch.precision)
    let pairs = model.attention(of: ragged(batch), in: context)
    let rows = model.configuration.memoryRows
    let kinds: [(SentenceAttention.Kind, (Int) -> String, (PairAttention) -> [AttentionMap])] = [
      (.reading, { "encoder.reading.\($0)" }, \.reads),
      (.encoder, { "encoder.layers.\($0).self_attention" }, \.encoder),
      (.pooling, { _ in "encoder.document.pooling" }, { $0.pooling.map { [$0] } ?? [] }),
      (.document, { "encoder.document.layers.\($0).self_attention" }, \.document),
      (.decoder, { "decoder.layers.\($0).self_attention" }, \.decoder),
      (.cross, { "decoder.layers.\($0).cross_attention" }, \.cross),
      (.paragraphs, { "decoder.layers.\($0).paragraph_attention" }, \.paragraphs),
      (.cross, { _ in "pointer" }, { $0.pointer.map { [$0] } ?? [] }),
    ]
    return kinds.flatMap { kind, name, maps in
      (0..<(pairs.first.map(maps)?.count ?? 0)).map { layer in
        let maps = pairs.map { maps($0)[layer] }
        let fromOthers =
          rows == .latents && (kind == .encoder || kind == .reading)
          || kind == .pooling || kind == .document
        let toOthers =
          kind == .cross && rows != .tokens || kind == .encoder && rows == .latents
          || kind == .paragraphs || kind == .document
        var attention = LayerAttention(
          name: name(layer), kind: kind, weights: PaddedValues([], extents: [0, 0, 0, 0]),
          queryLengths: fromOthers ? maps.map(\.queryCount) : nil,
          keyLengths: toOthers ? maps.map(\.keyCount) : nil)
        let extents = attention.extents(in: batch)
        attention.weights = padded(maps, queryCount: extents[2], keyCount: extents[3])
        return attention
      }
    }
  }

  private func padded(
    _ maps: [AttentionMap], queryCount: Int, keyCount: Int
  ) -> PaddedValues {
    let headCount = maps.map(\.headCount).max() ?? 0
    var values: [Float] = []
    for map in maps {
      for head in 0..<headCount {
        for query in 0..<queryCount {
          let row =
            query < map.queryCount && head < map.headCount
            ? (0..<map.keyCount).map { map[head, query, $0] } : []
          values += row + Array(repeating: 0, count: keyCount - row.count)
        }
      }
    }
    return PaddedValues(values, extents: [maps.count, headCount, queryCount, keyCount])
  }

  /// The states of tokens that layers end with, embeddings, latents and the decoder's last norm not
  /// among them.
  public func states(_ batch: ExaminedBatch) -> [LayerStates]? {
    let context = Context(mode: .inference, precision: batch.precision)
    let ids = ragged(batch)
    let (_, layers) = context.capturingStates { model.states(of: ids, in: context) }
    return layers.compactMap { layer in
      let sides: [(BatchSide, Sequences)] = [(.source, ids.sources), (.target, ids.targets)]
      // Paragraphs are parts of sources.
      let own = layer.states.sequences
      guard let (side, sequences) = sides.first(where: { $0.1 === own?.whole ?? own }) else {
        return nil
      }
      let states = layer.states.divided(into: sequences)
        .padded(to: batch.tokens(side).length)
      return LayerStates(
        name: layer.name, side: side,
        values: PaddedValues(states.values, extents: states.shape.extents))
    }
  }

  // MARK: Gradients

  /// By a probe at each embedding, taken back from the log-probability of one position.
  public func embeddingGradients(
    _ batch: ExaminedBatch, of token: Int32, at place: BatchPlace
  ) -> EmbeddingGradients? {
    let context = Context(mode: .training, store: model.store, dropsOut: false)
    let ids = ragged(batch)
    let (states, probes) = context.probingEmbeddings { model.states(of: ids, in: context) }
    let row = ids.targets.offsets[place.sentence] + place.position
    let gradients = model.logits(states).gatheredRows([row])
      .divided(into: Sequences(lengths: [1])).sequenceLogProbabilities(of: [token])
      .backward(to: probes.map(\.leaf))
    func gradient(of side: BatchSide) -> PaddedValues {
      let (sequences, length) = (
        side == .source ? ids.sources : ids.targets, batch.tokens(side).length
      )
      let found = zip(probes, gradients).first { probe, _ in
        probe.sequences?.whole ?? probe.sequences === sequences
      }
      let size = found.map { $0.0.leaf.shape.columns } ?? 1
      let zeros = [Float](repeating: 0, count: sequences.tokenCount * size)
      let padded = context.tensor(
        found?.1 ?? zeros, shape: [sequences.tokenCount, size], sequences: sequences
      ).padded(to: length)
      return PaddedValues(padded.values, extents: padded.shape.extents)
    }
    return EmbeddingGradients(sources: gradient(of: .source), inputs: gradient(of: .target))
  }

  /// The mean over target tokens and EOS, as training computes it, what coverage costs not counted:
  /// that is no matter of labels.
  public func loss(sources: PaddedTokens, targets: PaddedTokens) -> Double? {
    let context = Context(mode: .training, store: model.store, dropsOut: false)
    let (loss, extra) = loss(sources, targets, in: context)
    defer { context.discardRecorded() }
    return Double(loss.scalar) - extra
  }

  /// The gradient of that mean.
  public func lossGradients(
    sources: PaddedTokens, targets: PaddedTokens
  ) -> [String: [Float]]? {
    let context = Context(mode: .training, store: model.store, dropsOut: false)
    let gradients = loss(sources, targets, in: context).tensor.backward()
    return Dictionary(
      uniqueKeysWithValues: model.store.parameters.map { ($0.name, gradients[$0]) })
  }

  /// The mean loss, and how much of it is no cross-entropy.
  private func loss(
    _ sources: PaddedTokens, _ targets: PaddedTokens, in context: Context
  ) -> (tensor: Tensor, extra: Double) {
    let batch = TokenBatch(
      zip(sources.sequences, targets.sequences).map {
        TokenBatch.Pair(source: $0, target: $1)
      }, model.specialTokens)
    let count = max(batch.targetTokenCount, 1)
    let (loss, sums) = model.loss(
      model.states(of: batch, in: context), labels: batch.labels, labelSmoothing: 0,
      scale: 1 / Float(count))
    return (loss, (sums.loss - sums.negativeLogLikelihood) / Double(count))
  }

  // MARK: Decoding

  /// Through the steps of a search.
  ///
  /// Every sentence has two rows, one that is fed its inputs and one that is led astray; after each
  /// step the two change places and the astray one goes on from the other's past, so that what
  /// ``StepModel/reorder(_:rows:)`` does is examined too.
  public func cachedLogProbabilities(_ batch: ExaminedBatch) throws -> PaddedValues? {
    try decoded(batch, by: model.steps(in: Context(mode: .inference, precision: batch.precision)))
  }

  private func decoded(_ batch: ExaminedBatch, by steps: some StepModel) throws -> PaddedValues {
    let (count, length) = (batch.count, batch.inputs.length)
    let size = model.vocabularies.target
    let inputs = batch.inputs.sequences
    var values = [Float](repeating: 0, count: count * length * size)
    var state = try steps.start(sources: batch.sources.sequences)
    for position in 0..<(inputs.map(\.count).max() ?? 0) {
      // The first step has one row a source; from the second on the truth changes places.
      let (width, place) = position == 0 ? (1, 0) : (2, position % 2)
      if position > 0 {
        let last = position == 1 ? (width: 1, place: 0) : (width: 2, place: (position - 1) % 2)
        let rows = (0..<count).flatMap { [Int](repeating: $0 * last.width + last.place, count: 2) }
        steps.reorder(&state, rows: rows)
      }
      let tokens = inputs.flatMap { sentence in
        (0..<width).map { row in
          // A sentence that has ended goes on with anything.
          let token = position < sentence.count ? sentence[position] : model.specialTokens.end
          return row == place ? token : Int32((Int(token) + 1) % size)
        }
      }
      let truths = (0..<count).map { $0 * width + place }
      let found = try steps.step(tokens, state: &state, StepRequest(wholeRows: truths))
      for sentence in 0..<count where position < inputs[sentence].count {
        let start = (sentence * length + position) * size
        values.replaceSubrange(
          start..<start + size,
          with: found.wholeRows[sentence * size..<(sentence + 1) * size])
      }
    }
    return PaddedValues(values, extents: [count, length, size])
  }
}

extension ModelConfiguration {
  /// The halves that are a Transformer's; one that is both counts once.
  fileprivate var transformerHalves: [TransformerConfiguration] {
    switch self {
    case .transformer(let configuration): [configuration]
    case .recurrent: []
    case .mixed(let configuration):
      [configuration.encoder, configuration.decoder].compactMap(\.transformerHalf)
    }
  }
}

extension MixedConfiguration.Half {
  fileprivate var transformerHalf: TransformerConfiguration? {
    switch self {
    case .transformer(let configuration): configuration
    case .recurrent: nil
    }
  }
}
