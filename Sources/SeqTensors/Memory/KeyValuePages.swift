internal import SeqKernels

/// Keys and values in pages of sixteen tokens, for attention of single rows
/// (``Context/attentionStep(queries:headCount:scale:relative:collectPages:)``).
///
/// Within a page the keys of a head follow one another, `[heads, 16, head size]`, and behind the keys of
/// all heads lie their values in the same order: a row reads memory from front to back. A value like any
/// other: a copy that is written to gets memory of its own.
public struct KeyValuePages {
  /// Tokens of a page.
  public static let tokens = Kernels.pageTokens

  /// How many pages there are.
  public let count: Int
  /// Heads of a token.
  public let headCount: Int
  /// Columns of a head.
  public let headSize: Int
  private var storage: Storage
  private let context: Context

  /// Pages that hold nothing yet.
  public init(_ count: Int, headCount: Int, headSize: Int, in context: Context) {
    require(
      count >= 0 && headCount > 0 && headSize > 0,
      "pages: \(count) of \(headCount) heads of \(headSize) columns")
    self.count = count
    self.headCount = headCount
    self.headSize = headSize
    self.context = context
    storage = context.allocate(count: count * 2 * Self.tokens * headCount * headSize)
  }

  /// Pages that so many tokens of one sequence fill.
  public static func pages(of tokenCount: Int) -> Int { (tokenCount + tokens - 1) / tokens }

  /// Floats of a page.
  private var size: Int { 2 * Self.tokens * headCount * headSize }

  /// Where a page begins; valid while this lives and is not written to.
  public subscript(page: Int) -> UnsafePointer<Float> {
    UnsafePointer(storage.pointer + page * size)
  }

  /// Puts the keys and values of a token into a page.
  ///
  /// - Precondition: `keysAndValues` points to the keys of all heads, and their values behind.
  public mutating func set(
    _ token: Int, of page: Int, to keysAndValues: UnsafePointer<Float>
  ) {
    require(
      page < count && token < Self.tokens, "pages: token \(token) of page \(page), of \(count)")
    ownMemory()
    write(keysAndValues, to: storage.pointer + page * size + token * headSize)
  }

  /// A head's keys and values lie as far apart as a head's tokens are long.
  private func write(_ keysAndValues: UnsafePointer<Float>, to place: UnsafeMutablePointer<Float>) {
    for part in 0..<2 * headCount {
      (place + part * Self.tokens * headSize).update(
        from: keysAndValues + part * headSize, count: headSize)
    }
  }

  /// Gives pages the first tokens of others.
  ///
  /// - Precondition: No page is both copied and overwritten.
  public mutating func copy(_ copies: [(from: Int, to: Int)], tokens: Int) {
    guard !copies.isEmpty else { return }
    ownMemory()
    for (from, to) in copies {
      require(from < count && to < count, "pages: \(from) to \(to) of \(count)")
      for part in 0..<2 * headCount {
        let start = part * Self.tokens * headSize
        (storage.pointer + to * size + start).update(
          from: storage.pointer + from * size + start, count: tokens * headSize)
      }
    }
  }

  /// The same pages and more behind them.
  public func grown(to count: Int) -> KeyValuePages {
    let grown = KeyValuePages(count, headCount: headCount, headSize: headSize, in: context)
    grown.storage.pointer.update(from: storage.pointer, count: min(self.count, count) * size)
    return grown
  }

  private mutating func ownMemory() {
    if !isKnownUniquelyReferenced(&storage) { self = grown(to: count) }
  }
}

/// The keys and values of whole sequences in pages: what single rows attend to again and again.
public struct SequencePages {
  private let pages: KeyValuePages
  private let lengths: [Int]
  /// Of each sequence.
  private let firstPages: [Int]

  /// Puts a ragged batch of keys, and values behind them, into pages.
  ///
  /// - Shapes: `projected` `[tokens, 2 · heads · head size]`.
  /// - Precondition: It is ragged, and in inference mode.
  public init(_ projected: Tensor, headCount: Int, headSize: Int) {
    guard let sequences = projected.sequences else {
      requirementFailure("pages: the memory must be ragged, with its sequences")
    }
    let columns = 2 * headCount * headSize
    require(
      projected.shape.columns == columns,
      "pages: \(projected.shape), \(headCount) heads of \(headSize) have \(columns) columns")
    lengths = sequences.lengths
    var firstPages: [Int] = []
    var count = 0
    for length in lengths {
      firstPages.append(count)
      count += KeyValuePages.pages(of: length)
    }
    var pages = KeyValuePages(
      count, headCount: headCount, headSize: headSize, in: projected.context)
    for (sequence, first) in firstPages.enumerated() {
      for token in 0..<lengths[sequence] {
        pages.set(
          token % KeyValuePages.tokens, of: first + token / KeyValuePages.tokens,
          to: projected.pointer + (sequences.offsets[sequence] + token) * columns)
      }
    }
    self.pages = pages
    self.firstPages = firstPages
  }

  /// Appends the pages of a sequence, and says how many tokens they hold.
  public func collect(_ sequence: Int, into addresses: inout [UnsafePointer<Float>?]) -> Int {
    let length = lengths[sequence]
    for page in 0..<KeyValuePages.pages(of: length) {
      addresses.append(pages[firstPages[sequence] + page])
    }
    return length
  }
}
