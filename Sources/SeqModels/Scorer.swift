internal import SeqDecoding
public import SeqKernels
internal import SeqTensors

/// The log-probabilities of given targets.
public struct Scorer: Sendable {
  /// Whose probabilities they are.
  public let model: any EncoderDecoder
  /// Who computes.
  public let pool: ComputePool
  /// Target tokens computed at a time by one worker.
  private static let batchTokens = 1024

  /// A scorer that divides its work among the workers of a pool.
  public init(_ model: any EncoderDecoder, pool: ComputePool) {
    self.model = model
    self.pool = pool
  }

  /// For every pair the natural logarithm of the probability of each target token and of EOS.
  ///
  /// The target's tokens are those given, one after the other: teacher forcing.
  public func callAsFunction(_ pairs: [TokenBatch.Pair]) throws -> [[Float]] {
    let plan = BatchPlan(
      lengths: pairs.map { max($0.source.count, $0.target.count + 1) },
      tokenBudget: Self.batchTokens)
    let model = model
    let workers = pool.count
    let found = try pool.run { worker, contexts in
      stride(from: worker, to: plan.batches.count, by: workers).map { index in
        (index, score(plan.batches[index].map { pairs[$0] }, model, contexts.inference))
      }
    }
    var byBatch: [[[Float]]] = plan.batches.map { _ in [] }
    for (index, scores) in found.joined() { byBatch[index] = scores }
    return plan.restoringOrder(byBatch)
  }

  private func score(
    _ pairs: [TokenBatch.Pair], _ model: some EncoderDecoder, _ context: Context
  ) -> [[Float]] {
    let batch = TokenBatch(
      pairs, model.specialTokens)
    let logits = model.logits(model.states(of: batch, in: context))
    let columns = logits.shape.columns
    var row = [Float](repeating: 0, count: columns)
    return batch.targets.lengths.indices.map { sentence in
      (batch.targets.offsets[sentence]..<batch.targets.offsets[sentence + 1]).map { token in
        Kernels.logSoftmax(logits.pointer + token * columns, into: &row, columns: columns)
        return row[Int(batch.labels[token])]
      }
    }
  }
}
