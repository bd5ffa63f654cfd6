import SeqInspection
import SeqKernels
import SeqModels
import SeqTensors
import SeqText

extension PaddedTransformer: ExaminedModel {
  var vocabularies: VocabularySizes {
    VocabularySizes(source: Self.vocabularySize, target: Self.vocabularySize)
  }

  var precisions: [Precision] { [.float32, .bfloat16] }

  private func inference(_ batch: ExaminedBatch) -> Context {
    Context(mode: .inference, precision: batch.precision)
  }

  private func states(of batch: ExaminedBatch, in context: Context) -> Tensor {
    states(
      sources: batch.sources, inputs: batch.inputs, precision: batch.precision, in: context)
  }

  func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
    logProbabilities(of: states(of: batch, in: inference(batch)), batch)
  }

  private func logProbabilities(of states: Tensor, _ batch: ExaminedBatch) -> PaddedValues {
    let logits = states.linear(weight: output)
    let columns = Self.vocabularySize
    var values = logits.values
    for row in 0..<logits.shape.rows {
      var found = [Float](repeating: 0, count: columns)
      Kernels.logSoftmax(logits.pointer + row * columns, into: &found, columns: columns)
      values.replaceSubrange(row * columns..<(row + 1) * columns, with: found)
    }
    return PaddedValues(values, extents: [batch.count, batch.inputs.length, columns])
  }

  // MARK: Looking inside

  func attentionWeights(_ batch: ExaminedBatch) -> [LayerAttention]? {
    let context = inference(batch)
    let (_, maps) = context.capturingAttention { states(of: batch, in: context) }
    let names: [(String, SentenceAttention.Kind)] =
      encoder.map { ($0.name + ".self_attention", .encoder) }
      + decoder.flatMap {
        [($0.name + ".self_attention", .decoder), ($0.name + ".cross_attention", .cross)]
      }
    return zip(names, maps).map { name, maps in
      var weights = maps.flatMap(\.weights)
      if fault == .maskedAfterSoftmax, name.0 == "decoder.layers.1.cross_attention" {
        let (length, rows) = (batch.sources.length, Self.headCount * batch.inputs.length)
        for index in weights.indices
        where index % length >= batch.sources.lengths[index / (length * rows)] {
          weights[index] = 0
        }
      }
      return LayerAttention(
        name: name.0, kind: name.1,
        weights: PaddedValues(
          weights,
          extents: [batch.count, Self.headCount, maps[0].queryCount, maps[0].keyCount]))
    }
  }

  func states(_ batch: ExaminedBatch) -> [LayerStates]? {
    let context = inference(batch)
    let (_, layers) = context.capturingStates { states(of: batch, in: context) }
    return layers.map { layer in
      let side: BatchSide = layer.name.hasPrefix("encoder") ? .source : .target
      let length = side == .source ? batch.sources.length : batch.inputs.length
      return LayerStates(
        name: layer.name, side: side,
        values: PaddedValues(layer.states.values, extents: [batch.count, length, Self.size]))
    }
  }

  // MARK: Gradients

  func embeddingGradients(
    _ batch: ExaminedBatch, of token: Int32, at place: BatchPlace
  ) -> EmbeddingGradients? {
    let context = Context(mode: .training, store: store)
    let (states, probes) = context.probingEmbeddings {
      self.states(of: batch, in: context)
    }
    let row = states.gatheredRows([place.sentence * batch.inputs.length + place.position])
    let found = row.crossEntropy(labels: [token], weight: output).loss
      .backward(to: probes.map(\.leaf))
    return EmbeddingGradients(
      sources: PaddedValues(found[0], extents: [batch.count, batch.sources.length, Self.size]),
      inputs: PaddedValues(found[1], extents: [batch.count, batch.inputs.length, Self.size]))
  }

  func loss(sources: PaddedTokens, targets: PaddedTokens) -> Double? {
    let context = Context(mode: .training, store: store)
    defer { context.discardRecorded() }
    return Double(loss(sources, targets, in: context).scalar)
  }

  func lossGradients(sources: PaddedTokens, targets: PaddedTokens) -> [String: [Float]]? {
    let context = Context(mode: .training, store: store)
    let gradients = loss(sources, targets, in: context).backward()
    return Dictionary(uniqueKeysWithValues: store.parameters.map { ($0.name, gradients[$0]) })
  }

  /// The mean over labels; which they are depends on what is wrong.
  private func loss(
    _ sources: PaddedTokens, _ targets: PaddedTokens, in context: Context
  ) -> Tensor {
    let length = targets.length + 1
    let padding = SpecialTokens.standard.padding
    var (ids, rows, labels): ([Int32], [Int], [Int32]) = ([], [], [])
    for (sentence, target) in targets.sequences.enumerated() {
      let all = [SpecialTokens.standard.beginning] + target + [SpecialTokens.standard.end]
      let input = all.dropLast()
      ids += input + Array(repeating: padding, count: length - input.count)
      var shift = 1
      var count = input.count
      switch fault {
      case .labelsUnshifted: shift = 0
      case .labelsShiftedByTwo: (shift, count) = (2, count - 1)
      case .endDropped: count -= 1
      case .paddingCounted: count = length
      case .paddingCountedToTheLongest: count = (targets.lengths.max() ?? 0) + 1
      default: break
      }
      for position in 0..<count {
        rows.append(sentence * length + position)
        labels.append(position + shift < all.count ? all[position + shift] : padding)
      }
    }
    let inputs = PaddedTokens(ids, length: length, lengths: targets.lengths.map { $0 + 1 })
    let found = states(sources: sources, inputs: inputs, precision: .float32, in: context)
    let divisor = fault == .paddedMean ? ids.count : labels.count
    return found.gatheredRows(rows).crossEntropy(
      labels: labels, weight: output, scale: 1 / Float(divisor)
    ).loss
  }

  // MARK: Step by step

  func cachedLogProbabilities(_ batch: ExaminedBatch) -> PaddedValues? {
    let context = inference(batch)
    let (count, length) = (batch.count, batch.inputs.length)
    let memory = memory(batch.sources, in: context)
    // For every layer, position after position, what all sentences were projected to.
    var caches = decoder.map { _ in [[Float]]() }
    var rows = [Float](repeating: 0, count: count * length * Self.size)
    for position in 0..<length {
      let ids = (0..<count).map { batch.inputs.ids[$0 * length + position] }
      let place = fault == .stepPosition ? max(0, position - 1) : position
      var x = embed(
        ids, targetTable, Sequences(lengths: ids.map { _ in 1 }), positions: [place], in: context)
      for (index, block) in decoder.enumerated() {
        x = selfAttentionStep(block, x, cache: &caches[index])
        x = crossAttention(block, x, memory, layer: index, batch.sources, length: 1)
        x = feedForward(block, x)
        if index == 1 { x = spoiled(x, batch.sources, 1, batch.precision) }
      }
      let values = x.values
      for sentence in 0..<count {
        let start = (sentence * length + position) * Self.size
        rows.replaceSubrange(
          start..<start + Self.size,
          with: values[sentence * Self.size..<(sentence + 1) * Self.size])
      }
    }
    let states = context.tensor(rows, shape: [count * length, Self.size])
    return logProbabilities(of: states, batch)
  }

  private func selfAttentionStep(
    _ block: Block, _ x: Tensor, cache: inout [[Float]]
  ) -> Tensor {
    let (size, count) = (Self.size, x.shape.rows)
    let projected = norm(block, 0, x).linear(weight: block.own.input)
    let now = projected.values
    // A stale cache never gets the second position, which only the third one misses.
    let past = fault == .staleCache && cache.count == 1 ? cache + [cache[0]] : cache + [now]
    let width = 3 * size
    let seen =
      switch fault {
      case .staleCache where cache.count == 1: [cache[0], now]
      case .pageLost: Array(past.suffix(16))
      default: past
      }
    let keys = (0..<count).flatMap { sentence in
      seen.flatMap { $0[sentence * width..<(sentence + 1) * width] }
    }
    cache = past
    let memory = x.context.tensor(
      keys, shape: [count * seen.count, width],
      sequences: Sequences(lengths: Array(repeating: seen.count, count: count)))
    let (found, _) = attention(
      queries: projected.slice(0, size: size), keys: memory.slice(size, size: size),
      values: memory.slice(2 * size, size: size), headCount: Self.headCount)
    return x + found.linear(weight: block.own.output)
  }
}
