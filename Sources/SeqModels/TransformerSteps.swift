public import SeqDecoding
internal import SeqKernels
internal import SeqLayers
public import SeqTensors

/// The Transformer as a search sees it: encoded memories and a growing past per hypothesis.
public struct TransformerSteps: StepModel {
  private let model: Transformer
  private let context: Context

  /// A model bound to the context that its caches are computed in.
  ///
  /// - Precondition: The context is in inference mode.
  init(_ model: Transformer, in context: Context) {
    require(
      !context.isTraining, "transformer steps: the context is in training mode, not in inference")
    self.model = model
    self.context = context
  }

  /// The target vocabulary's.
  public var vocabularySize: Int { model.vocabularies.target }
  /// ``SpecialToken/begin``.
  public var beginToken: Int32 { SpecialToken.begin }
  /// ``SpecialToken/end``.
  public var endToken: Int32 { SpecialToken.end }
  /// ``SpecialToken/padding`` and ``SpecialToken/begin``.
  public var excludedTokens: [Int32] { [SpecialToken.padding, SpecialToken.begin] }
  /// The table's size for learned positions, nil for sinusoidal ones.
  public var stepLimit: Int? { model.lengthLimit }

  /// What the layers remember of the sources and of every hypothesis.
  public struct State {
    /// For every decoder layer the keys and values of all memories.
    let projectedMemories: [Tensor]
    /// For every row the memory it attends to.
    var sequence: [Int]
    var caches: [KeyValueCache]
    var history: DecodingHistory
    var position = 0
  }

  /// Encodes the sources and projects their memories for every decoder layer.
  public func start(sources: [[Int32]]) throws -> State {
    let sequences = Sequences(lengths: sources.map(\.count))
    let memory = model.encode(sources.flatMap { $0 }, sequences, in: context)
    return State(
      projectedMemories: model.decoderLayers.map { $0.crossAttention.memory(memory) },
      sequence: Array(sources.indices),
      caches: model.decoderLayers.map { _ in KeyValueCache() },
      history: DecodingHistory(rowCount: sources.count))
  }

  /// Feeds one token a row and ranks the whole vocabulary.
  public func step(
    _ tokens: [Int32], state: inout State, best count: Int, wholeRows: [Int]
  ) throws -> BestScores {
    let logits = model.logits(states(tokens, state: &state))
    let columns = vocabularySize
    var best = [Int32](repeating: 0, count: tokens.count * count)
    var scores = [Float](repeating: 0, count: tokens.count * count)
    best.withUnsafeMutableBufferPointer { best in
      scores.withUnsafeMutableBufferPointer { scores in
        guard let best = best.baseAddress, let scores = scores.baseAddress else { return }
        for row in tokens.indices {
          Kernels.best(
            logits.pointer + row * columns, columns: columns, count: count,
            tokens: best + row * count, logProbabilities: scores + row * count)
        }
      }
    }
    return BestScores(
      countPerRow: count, tokens: best, logProbabilities: scores,
      wholeRows: logProbabilities(logits, rows: wholeRows), vocabularySize: columns)
  }

  /// Every token's log-probability in some of the rows.
  private func logProbabilities(_ logits: Tensor, rows: [Int]) -> [Float] {
    let columns = vocabularySize
    return [Float](unsafeUninitializedCapacity: rows.count * columns) { values, count in
      count = rows.count * columns
      guard let values = values.baseAddress else { return }
      for (index, row) in rows.enumerated() {
        Kernels.logSoftmax(
          logits.pointer + row * columns, into: values + index * columns, columns: columns)
      }
    }
  }

  /// Moves indices alone: keys and values stay where they are.
  public func reorder(_ state: inout State, rows: [Int]) {
    state.sequence = rows.map { state.sequence[$0] }
    state.history.reorder(rows)
  }

  /// The decoder's last states for one token a row, `[rows, size]`.
  private func states(_ tokens: [Int32], state: inout State) -> Tensor {
    let rows = Sequences(lengths: Array(repeating: 1, count: tokens.count))
    var stream = ResidualStream(
      model.targetEmbedding(tokens, rows, firstPosition: state.position, in: context),
      norm: model.configuration.norm, dropout: 0)
    for (index, layer) in model.decoderLayers.enumerated() {
      layer.step(
        &stream, cache: &state.caches[index], history: state.history,
        projectedMemory: state.projectedMemories[index], sequence: state.sequence)
    }
    state.history.advance()
    state.position += 1
    return stream.finish(model.decoderNorm)
  }
}

extension Transformer {
  /// The model bound to a context in inference mode, for one search.
  public func steps(in context: Context) -> TransformerSteps {
    TransformerSteps(self, in: context)
  }
}
