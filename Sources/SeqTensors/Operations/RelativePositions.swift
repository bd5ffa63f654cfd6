internal import SeqKernels

/// What the distance between two positions adds to the scores of a self-attention.
///
/// Nothing depends on where in a text or in a batch a pair stands, only on how far apart it is; so
/// sequences may be longer than any that was trained on.
public struct RelativePositions {
  /// One addend of every score.
  public enum Term {
    /// `−slope · |distance|`, a slope a head and side (ALiBi).
    case slopes(DistanceSlopes)
    /// A number for every bucket and head, `[buckets, heads]` (T5: Raffel et al. 2020).
    case biases(Tensor, DistanceBuckets)
    /// `scale · q · r` with the row r of the distance's bucket; the table is `[buckets, size]`, or
    /// `[buckets, head size]` for all heads alike (Shaw et al. 2018, eq. 4; DeBERTa's content to
    /// position).
    case queryProducts(Tensor, DistanceBuckets)
    /// `scale · k · r`, in the same way (DeBERTa's position to content).
    case keyProducts(Tensor, DistanceBuckets)
  }

  /// The addends.
  public let terms: [Term]
  /// Multiplies `q·k` and the products above; nil is 1/√head size.
  public let scale: Float?

  /// Addends, and the factor of all products if it is not the usual one.
  public init(_ terms: [Term], scale: Float? = nil) {
    self.terms = terms
    self.scale = scale
  }

  func check(headCount: Int, headSize: Int) {
    for term in terms {
      switch term {
      case .slopes(let slopes):
        require(
          slopes.before.count == headCount,
          "relative positions: \(slopes.before.count) slopes and \(headCount) heads")
      case .biases(let table, let buckets):
        require(
          table.shape == [buckets.count, headCount],
          "relative positions: biases \(table.shape), not \([buckets.count, headCount] as Shape)")
      case .queryProducts(let table, let buckets), .keyProducts(let table, let buckets):
        require(
          table.shape.rank == 2 && table.shape.rows == buckets.count
            && [headSize, headCount * headSize].contains(table.shape.columns),
          "relative positions: table \(table.shape) of \(buckets.count) buckets, \(headCount) heads "
            + "of \(headSize)")
      }
    }
  }

  /// The tensors that get gradients, biases first.
  var tensors: [Tensor] {
    let biases: [Tensor] = terms.compactMap {
      if case .biases(let table, _) = $0 { table } else { nil }
    }
    return biases
      + terms.compactMap {
        switch $0 {
        case .slopes, .biases: nil
        case .queryProducts(let table, _), .keyProducts(let table, _): table
        }
      }
  }
}

/// Relative positions over one ragged batch: what they add to the scores of each head of each
/// sequence, and where the gradients of those scores go.
final class RelativeScores {
  private struct Line {
    /// A value for every distance that occurs, `[heads, distances]`.
    var values: [Float]
    /// Whose buckets the values came from; nil for slopes, which get no gradient.
    var buckets: BucketLine?
  }

  private struct Products {
    var table: Tensor
    var buckets: BucketLine
    var isByKey: Bool
  }

  private let headCount: Int
  private let headSize: Int
  private let scale: Float
  private let distanceCount: Int
  private let keyCount: Int
  private var lines: [Line] = []
  private var products: [Products] = []
  /// Scores of one head of one sequence.
  private let bias: Storage
  private let scratch: Storage

  init(
    _ positions: RelativePositions, queries: Sequences, keys: Sequences, headCount: Int,
    headSize: Int, scale: Float, in context: Context
  ) {
    let queryCount = max(queries.lengths.max() ?? 1, 1)
    let keyCount = max(keys.lengths.max() ?? 1, 1)
    self.keyCount = keyCount
    self.headCount = headCount
    self.headSize = headSize
    self.scale = scale
    distanceCount = queryCount + keyCount - 1
    bias = context.allocate(
      count: queryCount * AttentionHead.probabilityStride(keyCount: keyCount))
    var scratchCount = 1
    for term in positions.terms {
      switch term {
      case .slopes(let slopes):
        let values = (0..<headCount).flatMap { head in
          ((1 - keyCount)..<queryCount).map { slopes.bias(head: head, distance: $0) }
        }
        lines.append(Line(values: values))
      case .biases(let table, let buckets):
        let line = BucketLine(buckets, queryCount: queryCount, keyCount: keyCount)
        let values = (0..<headCount).flatMap { head in
          ((1 - keyCount)..<queryCount).map { table.pointer[line[$0] * headCount + head] }
        }
        lines.append(Line(values: values, buckets: line))
      case .queryProducts(let table, let buckets), .keyProducts(let table, let buckets):
        var isByKey = false
        if case .keyProducts = term { isByKey = true }
        let line = BucketLine(buckets, queryCount: queryCount, keyCount: keyCount)
        products.append(Products(table: table, buckets: line, isByKey: isByKey))
        let needed = line.from(keyCount: keyCount) {
          RelativeTable(
            table: table.pointer, stride: table.shape.columns, bucketCount: buckets.count,
            headSize: headSize, buckets: $0, isByKey: isByKey, scale: scale
          ).scratchCount(rows: max(queryCount, keyCount))
        }
        scratchCount = max(scratchCount, needed)
      }
    }
    scratch = context.allocate(count: scratchCount)
  }

  /// What is added to the scores of a head; valid until it is asked for the next.
  func bias(
    _ head: AttentionHead, query: UnsafePointer<Float>, key: UnsafePointer<Float>
  ) -> UnsafePointer<Float> {
    let row = AttentionHead.probabilityStride(keyCount: head.keyCount)
    Kernels.fill(bias.pointer, count: head.queryCount * row, value: 0)
    for line in lines {
      line.values.withUnsafeBufferPointer { values in
        guard let start = values.baseAddress else { return }
        Kernels.addRelativeLine(
          start + head.head * distanceCount + keyCount - head.keyCount, to: bias.pointer,
          queryCount: head.queryCount, keyCount: head.keyCount)
      }
    }
    for product in products {
      let (x, stride) = product.isByKey ? (key, head.keyStride) : (query, head.queryStride)
      product.buckets.from(keyCount: head.keyCount) { buckets in
        Kernels.addRelativeProducts(
          table(product, head.head, buckets), x, stride: stride, to: bias.pointer,
          queryCount: head.queryCount, keyCount: head.keyCount, scratch: scratch.pointer)
      }
    }
    return UnsafePointer(bias.pointer)
  }

  /// Passes the gradient of a head's scores on; `tables` are the gradients of
  /// ``RelativePositions/tensors``, those of queries and keys have their strides.
  func passBack(
    _ scoreGradient: UnsafePointer<Float>, _ head: AttentionHead, query: UnsafePointer<Float>,
    key: UnsafePointer<Float>, queryGradient: UnsafeMutablePointer<Float>,
    keyGradient: UnsafeMutablePointer<Float>, tables: [UnsafeMutablePointer<Float>]
  ) {
    guard head.queryCount > 0, head.keyCount > 0 else { return }
    var tables = tables.makeIterator()
    for line in lines {
      guard let buckets = line.buckets, let table = tables.next() else { continue }
      var gradient = [Float](repeating: 0, count: head.queryCount + head.keyCount - 1)
      Kernels.relativeLineBackward(
        scoreGradient, into: &gradient, queryCount: head.queryCount, keyCount: head.keyCount)
      for (index, value) in gradient.enumerated() {
        table[buckets[index + 1 - head.keyCount] * headCount + head.head] += value
      }
    }
    for product in products {
      guard let gradient = tables.next() else { continue }
      let (x, stride) = product.isByKey ? (key, head.keyStride) : (query, head.queryStride)
      product.buckets.from(keyCount: head.keyCount) { buckets in
        Kernels.relativeProductsBackward(
          table(product, head.head, buckets), x, stride: stride, scoreGradient: scoreGradient,
          xGradient: product.isByKey ? keyGradient : queryGradient,
          tableGradient: gradient + column(product.table, head.head),
          queryCount: head.queryCount, keyCount: head.keyCount, scratch: scratch.pointer)
      }
    }
  }

  /// The first column of a head; a table of one head's size is every head's.
  private func column(_ table: Tensor, _ head: Int) -> Int {
    table.shape.columns == headSize ? 0 : head * headSize
  }

  private func table(
    _ product: Products, _ head: Int, _ buckets: UnsafePointer<Int32>
  ) -> RelativeTable {
    RelativeTable(
      table: product.table.pointer + column(product.table, head),
      stride: product.table.shape.columns, bucketCount: product.table.shape.rows,
      headSize: headSize, buckets: buckets, isByKey: product.isByKey, scale: scale)
  }
}
