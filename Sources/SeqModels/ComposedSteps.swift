public import SeqDecoding
internal import SeqKernels
internal import SeqTensors

/// A model as a search sees it: the decoder's state, a row a hypothesis, and ranked scores.
public struct ComposedSteps<Source: SequenceEncoder, Target: SequenceDecoder>: StepModel {
  private let model: ComposedModel<Source, Target>
  private let context: Context

  /// What the decoder remembers, and the pointer of a model that copies.
  public struct State {
    fileprivate var decoder: Target.State
    fileprivate var pointer: PointerState?
  }

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
  /// What the decoder is fed first.
  public var beginToken: Int32 { model.specialTokens.beginning }
  /// The last label of every target.
  public var endToken: Int32 { model.specialTokens.end }
  /// Padding and the beginning, unless that is also the end.
  public var excludedTokens: [Int32] { model.vocabularies.unpredictedTokens }
  /// The decoder's longest target.
  public var stepLimit: Int? { model.decoder.lengthLimit }

  /// Of a model that copies, those of the vocabulary and those that sources have beyond it.
  public func wordCount(of state: State) -> Int { state.pointer?.wordCount ?? vocabularySize }

  /// Encodes the sources and computes of them what every step needs.
  public func start(sources: [[Int32]]) throws -> State {
    let sequences = Sequences(lengths: sources.map(\.count))
    let source = model.encode(sources.flatMap { $0 }, sequences, in: context)
    return State(
      decoder: model.decoder.start(source),
      pointer: model.pointer.map {
        PointerState($0, memory: source.memory, sources: sources, vocabulary: vocabularySize)
      })
  }

  /// Whether the decoder attends to the source, token by token, or copies from it.
  public var givesAttention: Bool {
    model.decoder.attendsToSource && model.configuration.memoryRows == .tokens
      || model.pointer != nil
  }

  /// Feeds one token a row and ranks all words.
  public func step(
    _ tokens: [Int32], state: inout State, _ request: StepRequest
  ) throws -> BestScores {
    let (states, attention) = states(tokens, &state, attention: request.attention)
    guard states.copying == nil else {
      return ranked(logProbabilities: model.logits(states), request, attention: attention)
    }
    guard !request.wholeRows.isEmpty else {
      let (tokens, logProbabilities) = states.tensor.likeliest(
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
    let columns = logits.shape.columns
    return ranked(
      logits, request, attention: attention,
      best: { row, tokens, scores in
        Kernels.best(
          row, columns: columns, count: request.best, tokens: tokens, logProbabilities: scores)
      },
      whole: { row, values in Kernels.logSoftmax(row, into: values, columns: columns) })
  }

  /// The scores of log-probabilities, which are what a model that copies computes.
  private func ranked(
    logProbabilities: Tensor, _ request: StepRequest, attention: [[Float]]
  ) -> BestScores {
    let columns = logProbabilities.shape.columns
    return ranked(
      logProbabilities, request, attention: attention,
      best: { row, tokens, scores in
        Kernels.largest(row, columns: columns, count: request.best, tokens: tokens, values: scores)
      },
      whole: { row, values in values.update(from: row, count: columns) })
  }

  /// The scores of rows of numbers, by what makes ranked and whole rows of them.
  private func ranked(
    _ numbers: Tensor, _ request: StepRequest, attention: [[Float]],
    best: (UnsafePointer<Float>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Float>) -> Void,
    whole: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) -> BestScores {
    let (rows, columns, count) = (numbers.shape.rows, numbers.shape.columns, request.best)
    var tokens = [Int32](repeating: 0, count: rows * count)
    var scores = [Float](repeating: 0, count: rows * count)
    tokens.withUnsafeMutableBufferPointer { tokens in
      scores.withUnsafeMutableBufferPointer { scores in
        guard let tokens = tokens.baseAddress, let scores = scores.baseAddress else { return }
        for row in 0..<rows {
          best(numbers.pointer + row * columns, tokens + row * count, scores + row * count)
        }
      }
    }
    let wholeRows = [Float](unsafeUninitializedCapacity: request.wholeRows.count * columns) {
      values, count in
      count = request.wholeRows.count * columns
      guard let values = values.baseAddress else { return }
      for (index, row) in request.wholeRows.enumerated() {
        whole(numbers.pointer + row * columns, values + index * columns)
      }
    }
    return BestScores(
      countPerRow: count, tokens: tokens, logProbabilities: scores, wholeRows: wholeRows,
      vocabularySize: columns, attention: attention)
  }

  /// What the decoder comes to and, where it is wanted, what it attended to: what is copied, if that
  /// is known.
  private func states(
    _ tokens: [Int32], _ state: inout State, attention isWanted: Bool
  ) -> (DecodedStates, attention: [[Float]]) {
    let tokens = model.known(tokens)
    if let pointer = model.pointer, state.pointer != nil {
      let states = model.decoder.step(tokens, &state.decoder, in: context)
      let read = state.pointer?.step(pointer, states) ?? DecodedStates(states)
      return (read, isWanted ? read.copying?.weights.rows ?? [] : [])
    }
    guard isWanted else {
      return (DecodedStates(model.decoder.step(tokens, &state.decoder, in: context)), [])
    }
    let (states, maps) = context.capturingAttention {
      model.decoder.step(tokens, &state.decoder, in: context)
    }
    return (DecodedStates(states), model.decoder.sourceAttention(amongStep: maps))
  }

  /// Row i continues the former row `rows[i]`.
  public func reorder(_ state: inout State, rows: [Int]) {
    model.decoder.reorder(&state.decoder, rows: rows)
    state.pointer?.reorder(rows)
  }
}
