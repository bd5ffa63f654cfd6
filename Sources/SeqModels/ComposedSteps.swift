public import SeqDecoding
internal import SeqKernels
internal import SeqTensors

/// A model as a search sees it: the decoder's state, a row a hypothesis, and ranked scores.
public struct ComposedSteps<Source: SequenceEncoder, Target: SequenceDecoder>: StepModel {
  private let model: ComposedModel<Source, Target>
  private let context: Context

  /// A model bound to the context that its caches are computed in.
  ///
  /// - Precondition: The context is in inference mode.
  init(_ model: ComposedModel<Source, Target>, in context: Context) {
    require(!context.isTraining, "steps: the context is in training mode, not in inference")
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
  /// The decoder's longest target.
  public var stepLimit: Int? { model.decoder.lengthLimit }

  /// Encodes the sources and computes of them what every step needs.
  public func start(sources: [[Int32]]) throws -> Target.State {
    let sequences = Sequences(lengths: sources.map(\.count))
    return model.decoder.start(model.encode(sources.flatMap { $0 }, sequences, in: context))
  }

  /// Whether the decoder attends to the source.
  public var givesAttention: Bool { model.decoder.attendsToSource }

  /// Feeds one token a row and ranks the whole vocabulary.
  public func step(
    _ tokens: [Int32], state: inout Target.State, _ request: StepRequest
  ) throws -> BestScores {
    let (states, attention) = states(tokens, &state, attention: request.attention)
    guard !request.wholeRows.isEmpty else {
      let (tokens, logProbabilities) = states.likeliest(
        request.best, weight: model.output.weight, bias: model.output.bias)
      return BestScores(
        countPerRow: request.best, tokens: tokens, logProbabilities: logProbabilities,
        attention: attention)
    }
    return ranked(model.logits(states), request, attention: attention)
  }

  /// The scores of logits that were computed whole because some rows are wanted whole.
  private func ranked(
    _ logits: Tensor, _ request: StepRequest, attention: [[Float]]
  ) -> BestScores {
    let (rows, columns, count) = (logits.shape.rows, vocabularySize, request.best)
    var best = [Int32](repeating: 0, count: rows * count)
    var scores = [Float](repeating: 0, count: rows * count)
    best.withUnsafeMutableBufferPointer { best in
      scores.withUnsafeMutableBufferPointer { scores in
        guard let best = best.baseAddress, let scores = scores.baseAddress else { return }
        for row in 0..<rows {
          Kernels.best(
            logits.pointer + row * columns, columns: columns, count: count,
            tokens: best + row * count, logProbabilities: scores + row * count)
        }
      }
    }
    return BestScores(
      countPerRow: count, tokens: best, logProbabilities: scores,
      wholeRows: logProbabilities(logits, rows: request.wholeRows), vocabularySize: columns,
      attention: attention)
  }

  /// The decoder's states and, where it is wanted, what they attended to.
  private func states(
    _ tokens: [Int32], _ state: inout Target.State, attention isWanted: Bool
  ) -> (Tensor, attention: [[Float]]) {
    guard isWanted else { return (model.decoder.step(tokens, &state, in: context), []) }
    let (states, maps) = context.capturingAttention {
      model.decoder.step(tokens, &state, in: context)
    }
    return (states, model.decoder.sourceAttention(amongStep: maps))
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

  /// Row i continues the former row `rows[i]`.
  public func reorder(_ state: inout Target.State, rows: [Int]) {
    model.decoder.reorder(&state, rows: rows)
  }
}
