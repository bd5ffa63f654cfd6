internal import Synchronization
internal import SeqTensors

/// Fixed positions without limit: a table that is made anew, twice as long, when a sequence outgrows
/// it.
final class SinusoidalPositions: Sendable {
  private let size: Int
  private let frequencies: FixedPositions.Frequencies
  private let current: Mutex<FixedPositions>

  /// Those of a configuration; for positions that are others nothing is computed of them.
  init(_ configuration: TransformerConfiguration) {
    size = configuration.embeddingSize
    frequencies = configuration.positions == .paperSinusoidal ? .exclusive : .inclusive
    let count = configuration.positions.isSinusoidal ? 256 : 0
    current = Mutex(FixedPositions(count: count, size: size, frequencies: frequencies))
  }

  /// A table of at least `count` positions.
  func table(count: Int) -> FixedPositions {
    current.withLock { table in
      if table.count < count {
        table = FixedPositions(
          count: max(count, 2 * table.count), size: size, frequencies: frequencies)
      }
      return table
    }
  }
}
