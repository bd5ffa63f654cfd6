public import SeqDecoding
public import SeqKernels
public import SeqModels
public import SeqText
internal import SeqTensors

/// What a model says of one pair, read twice: with the right past before it, and with its own.
public struct ExposureTrace: Hashable, Sendable {
  /// The source's tokens without BOS and EOS.
  public var sourceLength: Int
  /// The target's tokens without BOS and EOS.
  public var reference: [Int32]
  /// Under teacher forcing, for each token of the reference and its EOS the token that the model
  /// finds the likeliest after what stands before it in the reference.
  public var teacherForced: [Int32]
  /// What greedy search writes, without EOS.
  public var freeRunning: [Int32]
  /// Whether it ended in EOS rather than at its greatest length.
  public var isFinished: Bool
  /// The id of EOS.
  public var endToken: Int32

  /// A trace of known parts.
  ///
  /// - Precondition: `teacherForced` has a token for each of the reference's and one for EOS.
  public init(
    sourceLength: Int, reference: [Int32], teacherForced: [Int32], freeRunning: [Int32],
    isFinished: Bool, endToken: Int32 = SpecialTokens.standard.end
  ) {
    require(
      teacherForced.count == reference.count + 1,
      "exposure trace: \(reference.count) reference tokens and \(teacherForced.count) teacher-forced, "
        + "one more expected")
    self.sourceLength = sourceLength
    self.reference = reference
    self.teacherForced = teacherForced
    self.freeRunning = freeRunning
    self.isFinished = isFinished
    self.endToken = endToken
  }

  /// Whether each label, the reference's tokens and EOS, is what teacher forcing finds likeliest.
  var rightUnderTeacherForcing: [Bool] {
    zip(teacherForced, labels).map { $0 == $1 }
  }

  /// Whether each label stands at the same place of what was written, EOS at its end included;
  /// where nothing was written any more it does not.
  var rightInFreeRunning: [Bool] {
    let written = freeRunning + (isFinished ? [endToken] : [])
    return labels.indices.map { $0 < written.count && written[$0] == labels[$0] }
  }

  private var labels: [Int32] { reference + [endToken] }
}

/// Reads pairs with the right past and lets the model write them with its own.
///
///     let traces = try ExposureTracer(model, pool: pool)(pairs, sourceLengths: lengths)
///     let report = ExposureReport(traces, model: "runs/fr-en")
///
/// Works with every ``EncoderDecoder``. Both readings choose among the same tokens: BOS, padding and
/// tokens that the model's makers forbid never come out, and the one that they demand at the beginning
/// always does. So both agree up to and including the first error of a pair, and as many pairs are
/// written without error as are without error under teacher forcing; what differs comes after.
///
/// Two demands bind only what the model writes itself: phrases of several tokens that are forbidden, and
/// the token that ends a target of the greatest length. Where makers have them, a pair's readings may
/// differ earlier.
public struct ExposureTracer: Sendable {
  private let model: any EncoderDecoder
  private let generation: GenerationSettings
  private let translator: Translator
  /// Target tokens computed at a time by one worker.
  private static let batchTokens = 1024

  /// A tracer that divides its work among the workers of a pool; what is written has at most
  /// `maximumLength` tokens before EOS, and what the model's makers demand.
  ///
  /// - Throws: ``SearchError`` when the limit is not finite.
  public init(
    _ model: any EncoderDecoder, generation: GenerationSettings? = nil, pool: ComputePool,
    maximumLength: LengthLimit = LengthLimit(perSourceToken: 2, constant: 50)
  ) throws {
    self.model = model
    self.generation = generation ?? GenerationSettings()
    translator = try Translator(
      model,
      options: SearchOptions(
        beamSize: 1, lengthNormalization: .none, maximumLength: maximumLength),
      processors: self.generation.demands, pool: pool)
  }

  /// Reads and writes every pair.
  ///
  /// - Parameters:
  ///   - pairs: as the model trains on them.
  ///   - sourceLengths: for every pair the source's tokens without BOS and EOS.
  /// - Returns: A trace of each pair, in their order.
  /// - Throws: ``SearchError`` when the model's scores are not numbers.
  /// - Precondition: A source length for every pair.
  public func callAsFunction(
    _ pairs: [TokenBatch.Pair], sourceLengths: [Int]
  ) throws -> [ExposureTrace] {
    require(
      pairs.count == sourceLengths.count,
      "exposure: \(pairs.count) pairs and \(sourceLengths.count) source lengths, not as many")
    let written = try translator(pairs.map(\.source)).map(\.best)
    let read = try teacherForced(pairs)
    return pairs.indices.map { index in
      ExposureTrace(
        sourceLength: sourceLengths[index], reference: pairs[index].target,
        teacherForced: read[index], freeRunning: written[index].tokens,
        isFinished: written[index].stopReason == .endToken, endToken: model.specialTokens.end)
    }
  }

  private func teacherForced(_ pairs: [TokenBatch.Pair]) throws -> [[Int32]] {
    let plan = BatchPlan(
      lengths: pairs.map { max($0.source.count, $0.target.count + 1) },
      tokenBudget: Self.batchTokens)
    let (model, workers) = (model, translator.pool.count)
    let found = try translator.pool.run { worker, contexts in
      stride(from: worker, to: plan.batches.count, by: workers).map { index in
        (index, likeliest(plan.batches[index].map { pairs[$0] }, model, contexts.inference))
      }
    }
    var byBatch: [[[Int32]]] = plan.batches.map { _ in [] }
    for (index, tokens) in found.joined() { byBatch[index] = tokens }
    return plan.restoringOrder(byBatch)
  }

  private func likeliest(
    _ pairs: [TokenBatch.Pair], _ model: some EncoderDecoder, _ context: Context
  ) -> [[Int32]] {
    let batch = TokenBatch(pairs, model.specialTokens)
    let logits = model.logits(model.states(of: batch, in: context))
    let columns = logits.shape.columns
    let excluded = Set(model.steps(in: context).excludedTokens).union(
      generation.forbiddenPhrases.filter { $0.count == 1 }.joined())
    return batch.targets.lengths.indices.map { sentence in
      (batch.targets.offsets[sentence]..<batch.targets.offsets[sentence + 1]).map { row in
        if let first = generation.firstToken, row == batch.targets.offsets[sentence] {
          return first
        }
        let values = UnsafeBufferPointer(start: logits.pointer + row * columns, count: columns)
        var (best, greatest) = (Int32(0), -Float.infinity)
        // Of equal ones the first, as in a search.
        for token in 0..<columns where values[token] > greatest {
          if excluded.contains(Int32(token)) { continue }
          (best, greatest) = (Int32(token), values[token])
        }
        return best
      }
    }
  }
}
