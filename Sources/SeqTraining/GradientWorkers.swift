internal import SeqKernels
package import SeqModels
package import SeqOptimizers
internal import SeqTensors

/// Forward and backward passes of one model, shared by the workers of a pool, and the update.
///
/// Every worker computes its own pairs with its own memory; gradients are summed in a fixed order
/// at the update.
package struct GradientWorkers {
  let model: any EncoderDecoder
  /// How it learns.
  let regime: any TrainingRegime
  let optimizer: any Optimizer
  /// Follows the parameters, when a run wants it.
  let average: MovingAverage?
  package let pool: ComputePool
  private let buffers: [GradientBuffer]
  /// The gradients of the regime's own parameters; none where it has none.
  private let ownBuffers: [GradientBuffer]
  /// Tokens that a worker computes at once: enough rows for products at full speed, and the memory
  /// of one slice instead of a whole batch; fewer where a limit of memory wants it.
  package var sliceTokens = SliceMemory.fullSlice

  package init(
    model: any EncoderDecoder, regime: any TrainingRegime, optimizer: any Optimizer,
    average: MovingAverage? = nil, pool: ComputePool
  ) throws {
    self.model = model
    self.regime = regime
    self.optimizer = optimizer
    self.average = average
    self.pool = pool
    buffers = try pool.run { _, contexts in GradientBuffer(contexts.training.gradients) }
    ownBuffers = try pool.run { _, contexts in
      contexts.training.auxiliaryGradients.map { GradientBuffer($0) }
    }.compactMap { $0 }
  }

  /// Adds the gradients of a batch to what the workers hold.
  ///
  /// `key` names the draws of this batch; `sentenceScale` is what a loss that counts sentences is
  /// multiplied by before the step divides by tokens.
  ///
  /// - Returns: The batch's losses.
  /// - Throws: What the regime throws.
  func accumulate(
    _ pairs: [TokenBatch.Pair], at moment: TrainingMoment, labelSmoothing: Double,
    alignmentWeight: Double = 0, sentenceScale: Float = 1, key: UInt64
  ) throws -> LearningSums {
    let numbered = TokenBatch.numberingRows(pairs)
    let shares = TokenBatch.deal(numbered, workerCount: pool.count)
    let (model, regime, sliceTokens) = (model, regime, sliceTokens)
    let results = try pool.run { worker, contexts in
      var total = LearningSums()
      guard !shares[worker].isEmpty else { return total }
      for pairs in TokenBatch.slices(shares[worker], tokenLimit: sliceTokens) {
        total += try regime.learn(
          from: TrainingSlice(
            pairs: pairs, model: model, contexts: contexts, labelSmoothing: labelSmoothing,
            moment: moment, key: key, alignmentWeight: alignmentWeight,
            sentenceScale: sentenceScale, tokenLimit: sliceTokens))
      }
      return total
    }
    var total = LearningSums()
    for sums in results { total += sums }
    return total
  }

  /// Bytes of what is kept as long as training goes on: parameters, gradients, what the optimizer and
  /// the moving average remember.
  var lastingBytes: Int {
    let slots = optimizer.slots.reduce(0) { $0 + $1.values.count }
    let copies = 1 + pool.count + (average == nil ? 0 : 1)
    // The regime's parameters, what its optimizer remembers, gradients, and memory for those unheard.
    let ownSlots = regime.slots.reduce(0) { $0 + $1.values.count }
    let own = ownSlots + (regime.ownStore?.valueCount ?? 0) * 2 * pool.count
    return 4 * (copies * model.store.valueCount + slots + own)
  }

  /// What one worker's memory grows by, found by computing two slices of the pairs, within so many bytes
  /// as far as the first tells; their gradients are dropped, and their memory given back.
  func sliceMemory(
    of pairs: [TokenBatch.Pair], at moment: TrainingMoment, within room: Int
  ) throws -> SliceMemory? {
    let (model, regime) = (model, regime)
    let numbered = TokenBatch.numberingRows(pairs)
    let found = try pool.run { worker, contexts -> SliceMemory? in
      guard worker == 0 else { return nil }
      let context = contexts.training
      defer {
        context.gradients.clear()
        context.auxiliaryGradients?.clear()
        context.memory.trim()
        contexts.inference.memory.trim()
      }
      func peak(tokenLimit: Int) throws -> SliceMemory.Peak? {
        guard let slice = TokenBatch.slices(numbered, tokenLimit: tokenLimit).first else {
          return nil
        }
        _ = try regime.learn(
          from: TrainingSlice(
            pairs: slice, model: model, contexts: contexts, moment: moment, key: 0,
            tokenLimit: tokenLimit, isRehearsal: true))
        // Some regimes decode, too.
        return SliceMemory.Peak(
          tokens: TokenBatch.sliceSize(of: slice),
          bytes: context.memory.peakBytesInUse + contexts.inference.memory.peakBytesInUse)
      }
      guard let small = try peak(tokenLimit: SliceMemory.rehearsals.lowerBound) else { return nil }
      let fitting = small.tokens * max(room, 0) / max(small.bytes, 1)
      let (least, most) = (2 * SliceMemory.rehearsals.lowerBound, SliceMemory.rehearsals.upperBound)
      guard let large = try peak(tokenLimit: min(max(fitting, least), most)) else { return nil }
      return SliceMemory(small: small, large: large)
    }
    return found[0]
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

  /// Lets the regime end a step by what was reported of it; `rateShare` is the learning rate as a share of
  /// its peak.
  func finishStep(_ figures: ReportFigures, rateShare: Double) throws {
    try regime.finishStep(figures, rateShare: rateShare, ownGradients: ownBuffers, pool: pool)
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
        share, model.specialTokens)
      let states = model.states(of: batch, in: contexts.inference)
      return model.loss(states, labels: batch.labels, labelSmoothing: labelSmoothing, scale: 1).sums
    }
    var total = LossSums()
    for sums in results { total += sums }
    return total
  }
}
