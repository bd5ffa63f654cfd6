internal import SeqKernels
internal import SeqModels
internal import SeqOptimizers
internal import SeqTensors

/// Forward and backward passes of one model, shared by the workers of a pool, and the update.
///
/// Every worker computes its own pairs with its own memory; gradients are summed in a fixed order
/// at the update.
struct GradientWorkers {
  let model: any EncoderDecoder
  let optimizer: any Optimizer
  /// Follows the parameters, when a run wants it.
  let average: MovingAverage?
  let pool: ComputePool
  private let buffers: [GradientBuffer]
  /// Tokens that a worker computes at once: enough rows for products at full speed, and the memory
  /// of one slice instead of a whole batch.
  static let sliceTokens = 768

  init(
    model: any EncoderDecoder, optimizer: any Optimizer, average: MovingAverage? = nil,
    pool: ComputePool
  ) throws {
    self.model = model
    self.optimizer = optimizer
    self.average = average
    self.pool = pool
    buffers = try pool.run { _, contexts in GradientBuffer(contexts.training.gradients) }
  }

  /// Adds the gradients of a batch to what the workers hold.
  ///
  /// `dropoutKey` names the draws of this batch.
  ///
  /// - Returns: The batch's losses and its number of target tokens, EOS included.
  /// - Throws: Nothing of its own; the workers do not throw.
  func accumulate(_ pairs: [TokenBatch.Pair], labelSmoothing: Double, dropoutKey: UInt64) throws
    -> (sums: LossSums, targetTokens: Int)
  {
    let numbered = TokenBatch.numberingRows(pairs)
    let shares = TokenBatch.deal(numbered, workerCount: pool.count)
    let model = model
    let results = try pool.run { worker, contexts in
      let share = shares[worker]
      guard !share.isEmpty else { return LossSums() }
      let context = contexts.training
      var total = LossSums()
      for slice in TokenBatch.slices(share, tokenLimit: Self.sliceTokens) {
        context.seedDropout(dropoutKey)
        let batch = TokenBatch(
          slice, beginToken: SpecialToken.begin, endToken: SpecialToken.end)
        let states = model.states(of: batch, in: context)
        let (loss, sums) = model.loss(
          states, labels: batch.labels, labelSmoothing: labelSmoothing, scale: 1)
        loss.backward()
        total += sums
      }
      return total
    }
    var total = LossSums()
    for sums in results { total += sums }
    return (total, pairs.reduce(0) { $0 + $1.target.count + 1 })
  }

  /// Updates the parameters by the gradients held, divided by `divisor`, and clears them.
  ///
  /// - Returns: The norm of the gradient before clipping; not finite when nothing was updated.
  /// - Throws: Nothing of its own; the workers do not throw.
  func update(dividingBy divisor: Int, rate: Double) throws -> Double {
    let norm = try optimizer.update(
      summing: buffers, scale: 1 / Double(divisor), rate: rate, pool: pool)
    if norm.isFinite { try average?.update(pool: pool) }
    return norm
  }

  /// Runs something with the moving average as the model's parameters, if there is one.
  func withAverage<Result>(_ body: () throws -> Result) throws -> Result {
    guard let average else { return try body() }
    try average.exchange(pool: pool)
    let result = Swift.Result { try body() }
    try average.exchange(pool: pool)
    return try result.get()
  }

  /// The losses of pairs without training on them.
  func evaluate(_ pairs: [TokenBatch.Pair], labelSmoothing: Double) throws -> LossSums {
    let shares = TokenBatch.deal(pairs, workerCount: pool.count)
    let model = model
    let results = try pool.run { worker, contexts in
      let share = shares[worker]
      guard !share.isEmpty else { return LossSums() }
      let batch = TokenBatch(
        share, beginToken: SpecialToken.begin, endToken: SpecialToken.end)
      let states = model.states(of: batch, in: contexts.inference)
      return model.loss(states, labels: batch.labels, labelSmoothing: labelSmoothing, scale: 1).sums
    }
    var total = LossSums()
    for sums in results { total += sums }
    return total
  }
}
