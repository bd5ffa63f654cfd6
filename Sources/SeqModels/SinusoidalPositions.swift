internal import Synchronization
internal import SeqTensors

/// Fixed positions without limit: a table that is made anew, twice as long, when a sequence outgrows
/// it.
final class SinusoidalPositions: Sendable {
  private let size: Int
  private let current: Mutex<FixedPositions>

  init(size: Int) {
    self.size = size
    current = Mutex(FixedPositions(count: 256, size: size))
  }

  /// A table of at least `count` positions.
  func table(count: Int) -> FixedPositions {
    current.withLock { table in
      if table.count < count {
        table = FixedPositions(count: max(count, 2 * table.count), size: size)
      }
      return table
    }
  }
}
