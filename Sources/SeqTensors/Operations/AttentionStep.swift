internal import SeqKernels

extension Context {
  /// Multi-head attention of single rows to keys and values in pages: one step of decoding.
  ///
  /// For every row `collectPages` appends the addresses of the ``KeyValuePages`` whose keys it sees, in
  /// order, and returns how many keys they hold: of the last page perhaps not all. With `relative` the
  /// keys of a row are those of all positions up to its own. `scale`, what products are multiplied by,
  /// is that of `relative`, or 1/√headSize where nothing else is said.
  ///
  /// - Shapes: `queries` `[rows, size]`, returns `[rows, size]`.
  /// - Precondition: Inference; nothing is recorded. The head count divides the size.
  public func attentionStep(
    queries: ColumnSlice, headCount: Int, scale: Float? = nil, relative: RelativePositions? = nil,
    collectPages: (_ row: Int, _ pages: inout [UnsafePointer<Float>?]) -> Int
  ) -> Tensor {
    require(!isTraining, "attention step: the context is in training mode, not in inference")
    require(
      headCount > 0 && queries.size % headCount == 0,
      "attention step: size \(queries.size), \(headCount) heads do not divide it")
    let shape: Shape = [queries.tensor.shape.rows, queries.size]
    let output = allocate(shape)
    let step = StepAttention(
      queries: queries, headCount: headCount,
      scale: relative?.scale ?? scale ?? 1 / Float(queries.size / headCount).squareRoot(),
      relative: relative, output: output)
    if capturedAttention != nil {
      var maps: [AttentionMap] = []
      step.run(rows: 0..<shape.rows, collectPages) { weights, keyCount in
        maps.append(
          AttentionMap(
            headCount: headCount, queryCount: 1, keyCount: keyCount,
            weights: Array(UnsafeBufferPointer(start: weights, count: headCount * keyCount))))
      }
      capturedAttention?.append(maps)
    } else {
      let parts = min(team?.count ?? 1, shape.rows)
      (team ?? .alone).run(parts: parts) { part in
        let rows = (shape.rows * part / parts)..<(shape.rows * (part + 1) / parts)
        step.run(rows: rows, collectPages) { _, _ in }
      }
    }
    return Tensor(output, shape: shape, sequences: nil, context: self)
  }
}

/// The attention of some rows, each over its own pages.
private struct StepAttention {
  let queries: ColumnSlice
  let headCount: Int
  let scale: Float
  let relative: RelativePositions?
  let output: Storage

  /// Attends, and shows the weights `[headCount, keys]` of each row while they exist.
  func run(
    rows: Range<Int>, _ collectPages: (_ row: Int, _ pages: inout [UnsafePointer<Float>?]) -> Int,
    _ show: (_ weights: UnsafePointer<Float>, _ keyCount: Int) -> Void
  ) {
    let headSize = queries.size / headCount
    var pages: [UnsafePointer<Float>?] = []
    var weights: [Float] = []
    var bias = relative.map {
      StepBias($0, headCount: headCount, headSize: headSize, scale: scale)
    }
    for row in rows {
      pages.removeAll(keepingCapacity: true)
      let keyCount = collectPages(row, &pages)
      require(
        pages.count == KeyValuePages.pages(of: keyCount),
        "attention step: \(keyCount) keys in \(pages.count) pages of \(Kernels.pageTokens)")
      let needed = max(1, keyCount * headCount)
      if needed > weights.count { weights = Array(repeating: 0, count: 2 * needed) }
      let query = queries.pointer + row * queries.stride
      bias?.compute(query: query, pages: pages, keyCount: keyCount)
      weights.withUnsafeMutableBufferPointer { weights in
        guard let weights = weights.baseAddress else { return }
        func attend(_ bias: UnsafePointer<Float>?) {
          Kernels.attentionStep(
            query: query, pages: pages, keyCount: keyCount, headCount: headCount,
            headSize: headSize,
            scale: scale, bias: bias, output: output.pointer + row * queries.size, weights: weights)
        }
        if let bias {
          bias.values.withUnsafeBufferPointer { attend($0.baseAddress) }
        } else {
          attend(nil)
        }
        show(weights, keyCount)
      }
    }
  }
}

/// What relative positions add to the scores of single rows, `[heads, keys]`; a row's own key is the
/// last.
private struct StepBias {
  private let positions: RelativePositions
  private let headCount: Int
  private let headSize: Int
  private let scale: Float
  private var keyCount = 0
  /// The buckets of every term, from the farthest key to the row's own; rows of a search have as many
  /// keys, so they are looked up once.
  private var buckets: [[Int32]] = []
  private(set) var values: [Float] = []

  init(_ positions: RelativePositions, headCount: Int, headSize: Int, scale: Float) {
    self.positions = positions
    self.headCount = headCount
    self.headSize = headSize
    self.scale = scale
  }

  mutating func compute(
    query: UnsafePointer<Float>, pages: [UnsafePointer<Float>?], keyCount: Int
  ) {
    if keyCount != self.keyCount || buckets.isEmpty { lookUp(keyCount: keyCount) }
    for index in values.indices { values[index] = 0 }
    for (term, buckets) in zip(positions.terms, buckets) {
      switch term {
      case .slopes(let slopes):
        for (head, slope) in slopes.before.enumerated() {
          for index in 0..<keyCount {
            values[head * keyCount + index] -= slope * Float(keyCount - 1 - index)
          }
        }
      case .biases(let table, _):
        for (index, bucket) in buckets.enumerated() {
          let row = table.pointer + Int(bucket) * headCount
          for head in 0..<headCount { values[head * keyCount + index] += row[head] }
        }
      case .queryProducts(let table, _): add(table, buckets, query: query, pages: nil)
      case .keyProducts(let table, _): add(table, buckets, query: query, pages: pages)
      }
    }
  }

  private mutating func lookUp(keyCount: Int) {
    self.keyCount = keyCount
    values = Array(repeating: 0, count: headCount * keyCount)
    buckets = positions.terms.map { term in
      switch term {
      case .slopes: []
      case .biases(_, let buckets), .queryProducts(_, let buckets), .keyProducts(_, let buckets):
        (0..<keyCount).map { Int32(buckets.bucket(of: $0 + 1 - keyCount)) }
      }
    }
  }

  private mutating func add(
    _ table: Tensor, _ buckets: [Int32], query: UnsafePointer<Float>,
    pages: [UnsafePointer<Float>?]?
  ) {
    func add(_ pages: UnsafePointer<UnsafePointer<Float>?>?) {
      Kernels.addRelativeStep(
        query: query, pages: pages, keyCount: keyCount, table: table.pointer,
        stride: table.shape.columns, isShared: table.shape.columns == headSize, buckets: buckets,
        headCount: headCount, headSize: headSize, scale: scale, to: &values)
    }
    guard let pages else { return add(nil) }
    pages.withUnsafeBufferPointer { add($0.baseAddress) }
  }
}
