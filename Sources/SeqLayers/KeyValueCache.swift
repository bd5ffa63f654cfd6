internal import SeqKernels
internal import SeqTensors

/// What the self-attention of one layer has seen while decoding: keys and values in pages of sixteen
/// steps.
///
/// A hypothesis has a page of its own for the latest steps, and the full pages before it in common with
/// all hypotheses of the same past. Which pages those are, ``DecodingHistory`` knows.
public struct KeyValueCache {
  /// For every span of sixteen steps its pages; a full span never changes again.
  private var spans: [KeyValuePages] = []

  /// A cache without a past.
  public init() {}

  /// Adds the keys and values of a step, those of the hypotheses row by row.
  ///
  /// - Shapes: `projected` `[rows, columns]`, keys and values from column `keyStart` on.
  mutating func append(
    _ projected: Tensor, keyStart: Int, heads: AttentionHeads, history: DecodingHistory
  ) {
    require(
      projected.shape.rows == history.rowCount,
      "decoding step: \(projected.shape), a history of \(history.rowCount) hypotheses")
    if history.step == 0 {
      spans.append(
        KeyValuePages(
          history.pageCount, headCount: heads.count, headSize: heads.size, in: projected.context))
    }
    require(
      spans.count == history.spanCount,
      "decoding step: \(spans.count) spans of pages, a history of \(history.spanCount)")
    for row in 0..<projected.shape.rows {
      spans[spans.count - 1].set(
        history.step, of: history.latestPage(of: row),
        to: projected.pointer + row * projected.shape.columns + keyStart)
    }
  }

  /// Appends the pages that a hypothesis sees, oldest first, and says how many steps they hold.
  func collectPages(
    of row: Int, history: DecodingHistory, into addresses: inout [UnsafePointer<Float>?]
  ) -> Int {
    for (span, page) in zip(spans, history.pages(of: row)) { addresses.append(span[Int(page)]) }
    return history.stepCount + 1
  }

  /// Gives hypotheses that go on from one page pages of their own.
  public mutating func divide(_ division: DecodingHistory.Division) {
    guard division.stepCount > 0 else { return }
    let latest = spans.count - 1
    if spans[latest].count < division.pageCount {
      spans[latest] = spans[latest].grown(to: division.pageCount)
    }
    spans[latest].copy(division.copies, tokens: division.stepCount)
  }
}

/// For every hypothesis the pages that hold its past; shared by all layers.
public struct DecodingHistory {
  /// What must be copied when hypotheses become copies of others.
  public struct Division {
    /// Pages of the latest span, each to one that nobody needs.
    var copies: [(from: Int, to: Int)] = []
    /// Pages that the span has then.
    var pageCount: Int
    /// Steps that are in them.
    var stepCount: Int
  }

  /// For every hypothesis its page of each span, oldest first.
  private var pages: [[Int32]]
  /// Pages of the latest span.
  private(set) var pageCount: Int
  /// Steps that are closed.
  private(set) var stepCount = 0

  /// The history of so many hypotheses, none of which has a past.
  public init(rowCount: Int) {
    pages = Array(repeating: [], count: rowCount)
    pageCount = 0
    openSpan()
  }

  /// How many hypotheses there are.
  public var rowCount: Int { pages.count }

  /// How many spans of pages there are, the one of the next step included.
  var spanCount: Int { stepCount / KeyValuePages.tokens + 1 }

  /// The place of the next step in its span.
  var step: Int { stepCount % KeyValuePages.tokens }

  /// The pages of a hypothesis, oldest first.
  func pages(of row: Int) -> [Int32] { pages[row] }

  /// The page that the next step of a hypothesis goes to.
  func latestPage(of row: Int) -> Int { Int(pages[row][spanCount - 1]) }

  /// Closes a step: it becomes part of the past.
  public mutating func advance() {
    stepCount += 1
    if step == 0 { openSpan() }
  }

  /// Gives every hypothesis a page for the steps to come.
  private mutating func openSpan() {
    for row in pages.indices { pages[row].append(Int32(truncatingIfNeeded: row)) }
    pageCount = rowCount
  }

  /// Hypothesis i becomes a copy of the former hypothesis `rows[i]`.
  ///
  /// - Returns: What the cache of every layer must ``KeyValueCache/divide(_:)``.
  public mutating func reorder(_ rows: [Int]) -> Division {
    let former = pages
    pages = rows.map { former[$0] }
    guard step > 0 else {
      // The latest span is empty: every hypothesis takes the next page.
      for row in pages.indices { pages[row].removeLast() }
      openSpan()
      return Division(pageCount: pageCount, stepCount: 0)
    }
    var division = Division(pageCount: pageCount, stepCount: step)
    let latest = spanCount - 1
    var isNeeded = Array(repeating: false, count: pageCount)
    for row in rows { isNeeded[Int(former[row][latest])] = true }
    var isTaken = Array(repeating: false, count: pageCount)
    var free = 0
    for (row, origin) in rows.enumerated() {
      let page = Int(former[origin][latest])
      guard isTaken[page] else {
        isTaken[page] = true
        continue
      }
      while free < isNeeded.count && isNeeded[free] { free += 1 }
      pages[row][latest] = Int32(truncatingIfNeeded: free)
      division.copies.append((from: page, to: free))
      free += 1
    }
    pageCount = max(pageCount, free)
    division.pageCount = pageCount
    return division
  }
}
