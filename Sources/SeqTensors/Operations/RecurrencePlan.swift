/// The order in which a recurrent layer computes a ragged batch: step by step, and within a step the
/// sequences from the longest to the shortest.
///
/// So the sequences that are still being read are always the first ones, and the rows of a step lie
/// together: the rows of all steps, one after the other, are the batch again in time-major order.
struct RecurrencePlan {
  /// The sequences, the longest first.
  let order: [Int]
  /// For each step, how many sequences are still being read.
  let liveCounts: [Int]
  /// For each step, its first row in time-major order.
  let starts: [Int]
  /// For each row in time-major order, its row in the batch.
  let rows: [Int32]
  private let lengths: [Int]

  /// A plan that reads every sequence from its first token to its last, or the other way round.
  init(_ sequences: Sequences, reversed: Bool) {
    lengths = sequences.lengths
    let lengths = sequences.lengths
    let order = lengths.indices.sorted {
      lengths[$0] == lengths[$1] ? $0 < $1 : lengths[$0] > lengths[$1]
    }
    var live = order.count
    var liveCounts: [Int] = []
    var starts: [Int] = []
    var rows: [Int32] = []
    rows.reserveCapacity(sequences.tokenCount)
    for step in 0..<(order.first.map { lengths[$0] } ?? 0) {
      while lengths[order[live - 1]] <= step { live -= 1 }
      liveCounts.append(live)
      starts.append(rows.count)
      for sequence in order[..<live] {
        let position = reversed ? lengths[sequence] - 1 - step : step
        rows.append(Int32(truncatingIfNeeded: sequences.offsets[sequence] + position))
      }
    }
    self.order = order
    self.liveCounts = liveCounts
    self.starts = starts
    self.rows = rows
  }

  var stepCount: Int { liveCounts.count }

  // States lie in one buffer: first those that the sequences start from, then those after each
  // step.

  /// The first row of the states before a step.
  func rowBefore(_ step: Int) -> Int { step == 0 ? 0 : rowAfter(step - 1) }

  /// The first row of the states after a step.
  func rowAfter(_ step: Int) -> Int { order.count + starts[step] }

  /// The row of the last state of the sequence at a place in the order.
  func lastRow(rank: Int) -> Int {
    let length = lengths[order[rank]]
    return length == 0 ? rank : rowAfter(length - 1) + rank
  }
}
