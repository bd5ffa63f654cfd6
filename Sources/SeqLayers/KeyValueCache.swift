internal import SeqKernels
internal import SeqTensors

/// What the self-attention of one layer has seen while decoding: the projections of every step as
/// they were computed, never copied.
///
/// A step leaves one block with a row per hypothesis. Which row of each block belongs to the past
/// of a hypothesis, ``DecodingHistory`` knows; so reordering hypotheses moves no keys or values.
public struct KeyValueCache {
  private var blocks: [Tensor] = []

  /// A cache without a past.
  public init() {}

  /// How many steps it holds.
  var stepCount: Int { blocks.count }

  /// Adds the projections of a step, `[rows, columns]`.
  mutating func append(_ projected: Tensor) { blocks.append(projected) }

  /// Appends the address of every key that `row` sees, oldest first, its own last.
  func collectKeys(
    of row: Int, keyStart: Int, history: DecodingHistory, into keys: inout [UnsafePointer<Float>?]
  ) {
    let past = history.rows(of: row)
    require(
      past.count + 1 == blocks.count,
      "decoding step: \(blocks.count) cached steps, a history of \(past.count), not one less")
    for (block, origin) in zip(blocks, past) {
      keys.append(UnsafePointer(block.pointer + Int(origin) * block.shape.columns + keyStart))
    }
    if let block = blocks.last {
      keys.append(UnsafePointer(block.pointer + row * block.shape.columns + keyStart))
    }
  }
}

/// For every hypothesis, the row it occupied at each step so far; shared by all layers.
public struct DecodingHistory {
  private var origins: [[Int32]]

  /// The history of so many hypotheses, none of which has a past.
  public init(rowCount: Int) { origins = Array(repeating: [], count: rowCount) }

  /// How many hypotheses there are.
  public var rowCount: Int { origins.count }

  /// The rows that the past of a hypothesis occupied, oldest first.
  public func rows(of row: Int) -> [Int32] { origins[row] }

  /// Closes a step: its rows become part of the past.
  public mutating func advance() {
    for row in origins.indices { origins[row].append(Int32(truncatingIfNeeded: row)) }
  }

  /// Hypothesis i becomes a copy of the former hypothesis `rows[i]`.
  public mutating func reorder(_ rows: [Int]) { origins = rows.map { origins[$0] } }
}
