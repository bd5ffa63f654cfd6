import SeqKernels
import SeqModels
import SeqOptimizers
import SeqTensors
import SeqTestSupport

/// A model and the threads that compute its gradients, each on the pairs dealt to it.
struct Workers {
  let model: any EncoderDecoder
  let pool: WorkerPool<Context>

  init(_ model: any EncoderDecoder, count: Int) {
    self.model = model
    let store = model.store
    pool = WorkerPool(count: count) { _ in Context(mode: .training, store: store) }
  }

  /// Forward and backward of a batch; the gradients of the loss's sum stay with the workers.
  func sums(
    of pairs: [TokenBatch.Pair], labelSmoothing: Double = 0, dropoutKey: UInt64 = 0
  ) throws -> LossSums {
    try sums(
      ofDealt: TokenBatch.deal(pairs, workerCount: pool.count), labelSmoothing: labelSmoothing,
      dropoutKey: dropoutKey)
  }

  func sums(
    ofDealt shares: [[TokenBatch.Pair]], labelSmoothing: Double = 0, dropoutKey: UInt64 = 0
  ) throws -> LossSums {
    let model = model
    return try pool.run { worker, context in
      context.seedDropout(dropoutKey)
      let batch = TokenBatch(
        shares[worker], .standard)
      let (loss, sums) = model.loss(
        model.states(of: batch, in: context), labels: batch.labels, labelSmoothing: labelSmoothing,
        scale: 1)
      loss.backward()
      return sums
    }.reduce(into: LossSums()) { $0 += $1 }
  }

  /// The workers' gradients added up and scaled, in the order of the store; cleared behind.
  func takeGradients(scale: Double = 1) throws -> [[Float]] {
    let parameters = model.store.parameters
    let apart = try pool.run { _, context in
      defer { context.gradients.clear() }
      return parameters.map { context.gradients[$0] }
    }
    return parameters.indices.map { index in
      parameters[index].values.indices.map { place in
        Float(scale * apart.reduce(0) { $0 + Double($1[index][place]) })
      }
    }
  }

  /// Updates by the gradients that the workers hold.
  func update(with optimizer: Adam, tokenCount: Int, rate: Double) throws -> Double {
    try optimizer.update(
      summing: try pool.run { _, context in GradientBuffer(context.gradients) },
      scale: 1 / Double(tokenCount), rate: rate, pool: pool)
  }
}

/// Target tokens of pairs, EOS included.
func targetTokenCount(_ pairs: [TokenBatch.Pair]) -> Int {
  pairs.reduce(0) { $0 + $1.target.count + 1 }
}

extension ParameterStore {
  /// What differs between two sets of gradients, a line a parameter.
  func problems(ofGradients found: [[Float]], _ expected: [[Float]]) -> [String] {
    let largest = expected.joined().reduce(0) { max($0, abs(Double($1))) }
    return parameters.indices.compactMap { index in
      Tolerance.golden.problem(found[index], expected[index], scale: largest)
        .map { "\(parameters[index].name): \($0)" }
    }
  }
}
