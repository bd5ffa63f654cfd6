internal import SeqKernels

/// A sliding window over one sequence, with global positions at its beginning.
///
///     let window = AttentionWindow(before: 64, after: 64, globalCount: 1)
///
/// A query sees the keys from ``before`` positions before its own to ``after`` behind it. The first
/// ``globalCount`` positions see every key, and every query sees them.
///
/// - SeeAlso: Beltagy et al. 2020, "Longformer", arXiv:2004.05150, §3.1.
public struct AttentionWindow: Hashable, Sendable {
  /// How many positions before its own a query sees.
  public let before: Int
  /// How many positions behind its own a query sees.
  public let after: Int
  /// How many positions, from the first, see all and are seen by all.
  public let globalCount: Int

  /// A window of both reaches and so many global positions.
  ///
  /// - Precondition: None of them is negative.
  public init(before: Int, after: Int, globalCount: Int = 0) {
    require(
      before >= 0 && after >= 0 && globalCount >= 0,
      "window: \(before) before, \(after) after and \(globalCount) global, a negative one")
    self.before = before
    self.after = after
    self.globalCount = globalCount
  }

  /// The mask that hides what the window does not show: the same numbers for work that grows with the
  /// square of the length.
  public var mask: AttentionMask {
    .window(before: before, after: after, globalPositions: Set(0..<globalCount))
  }

  /// Whether a query sees a key, by their positions.
  func shows(query: Int, key: Int) -> Bool {
    key < globalCount || query < globalCount || (query - before...query + after ~= key)
  }
}

/// Neighbouring queries of one sequence and all keys that any of them sees.
struct WindowBlock: Hashable {
  /// Positions of the queries.
  let queries: Range<Int>
  /// Global keys that lie before ``span``, from the first; none where it begins with them.
  let farKeyCount: Int
  /// Positions of consecutive keys.
  let span: Range<Int>
  /// The first probability of the block's first head, counted from the sequence's first.
  let start: Int

  var keyCount: Int { farKeyCount + span.count }

  /// The position of a key of the block.
  func position(ofKey key: Int) -> Int {
    key < farKeyCount ? key : span.lowerBound + key - farKeyCount
  }
}

extension AttentionWindow {
  /// Queries of one block.
  ///
  /// A block computes every pair of its queries and keys: a small one has many keys for its queries,
  /// a large one many pairs outside the band.
  private var blockSize: Int {
    let half = min((before + after) / 2, 128)
    return max(16, (half + 15) / 16 * 16)
  }

  /// All queries of a sequence in order, the global ones in a block of their own, and how many
  /// probabilities they have.
  ///
  /// Blocks depend on the sequence's length alone, so a row's bits do not depend on the batch.
  func blocks(length: Int, headCount: Int) -> (blocks: [WindowBlock], probabilityCount: Int) {
    let globals = min(globalCount, length)
    var blocks: [WindowBlock] = []
    var start = 0
    func add(_ queries: Range<Int>, _ farKeyCount: Int, _ span: Range<Int>) {
      let block = WindowBlock(
        queries: queries, farKeyCount: farKeyCount, span: span, start: start)
      blocks.append(block)
      start +=
        headCount * queries.count * AttentionHead.probabilityStride(keyCount: block.keyCount)
    }
    if globals > 0 { add(0..<globals, 0, 0..<length) }
    for first in stride(from: globals, to: length, by: blockSize) {
      let queries = first..<min(first + blockSize, length)
      let lower = queries.lowerBound - before
      let upper = min(length, queries.upperBound + after)
      if lower <= globals {
        add(queries, 0, 0..<upper)
      } else {
        add(queries, globals, lower..<upper)
      }
    }
    return (blocks, start)
  }
}
