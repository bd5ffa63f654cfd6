public import SeqKernels
public import SeqTensors

/// The exponential moving average of a store's parameters over the updates.
///
///     try average.update(pool: pool)          // after every update
///     try average.exchange(pool: pool)        // the model has the average …
///     try average.exchange(pool: pool)        // … and its own values again
///
/// After update t, counted from 1, the average keeps min(decay, t / (t + 9)) of itself, so that the
/// initial values are soon forgotten (the schedule of TensorFlow's ExponentialMovingAverage).
public final class MovingAverage {
  /// The share of itself that the average keeps at each update in the long run.
  public let decay: Double
  /// Whose values are averaged.
  public let store: ParameterStore
  /// The average in the flat order of the store, or, between two exchanges, the store's own values.
  private let buffer: FlatBuffer
  private var updateCount = 0

  /// Floats that one worker takes at a time.
  private static let chunkSize = 1 << 15

  /// An average that is the values as they are now.
  ///
  /// - Precondition: `decay` is in 0 ..< 1.
  public init(of store: ParameterStore, decay: Double) {
    require(0 <= decay && decay < 1, "moving average: decay \(decay), expected 0 up to, not 1")
    self.decay = decay
    self.store = store
    buffer = FlatBuffer(count: store.flatCount)
    for segment in store.segments {
      (buffer.pointer + segment.range.lowerBound).update(
        from: segment.parameter.pointer, count: segment.range.count)
    }
  }

  /// The average of each parameter, by the parameter's name, for checkpoints; valid while this
  /// lives, and no average between two exchanges.
  public var slots: [(name: String, shape: Shape, values: UnsafeMutableBufferPointer<Float>)] {
    store.parameters.map {
      (
        $0.name, $0.shape,
        UnsafeMutableBufferPointer(start: buffer.pointer + $0.offset, count: $0.shape.count)
      )
    }
  }

  /// Puts back how many updates the average has seen.
  public func restore(updateCount: Int) { self.updateCount = updateCount }

  /// Takes the store's values into the average, in one pass over memory that workers share.
  ///
  /// - Throws: Nothing of its own; the pool's closures do not throw.
  public func update<Local>(pool: WorkerPool<Local>) throws {
    updateCount += 1
    let kept = min(decay, Double(updateCount) / Double(updateCount + 9))
    let share = Float(1 - kept)
    try forEachChunk(pool: pool) { average, value, count in
      Kernels.moveAverage(average, toward: value, count: count, share: share)
    }
  }

  /// Gives the store the average and keeps its values instead, or the other way round.
  ///
  /// - Throws: Nothing of its own; the pool's closures do not throw.
  public func exchange<Local>(pool: WorkerPool<Local>) throws {
    try forEachChunk(pool: pool) { average, value, count in
      Kernels.exchange(average, value, count: count)
    }
    store.valuesDidChange()
  }

  private func forEachChunk<Local>(
    pool: WorkerPool<Local>,
    _ body: @Sendable (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  ) throws {
    let segments = store.segments
    let buffer = buffer
    let workers = pool.count
    try pool.run { worker, _ in
      var turn = 0
      for segment in segments {
        for start in stride(from: 0, to: segment.range.count, by: Self.chunkSize) {
          defer { turn += 1 }
          guard turn % workers == worker else { continue }
          body(
            buffer.pointer + segment.range.lowerBound + start, segment.parameter.pointer + start,
            min(Self.chunkSize, segment.range.count - start))
        }
      }
    }
  }
}
