internal import CSeqKernels

/// Rows of a table, one for each bucket of distances, as the kernels of relative positions see them.
public struct RelativeTable {
  /// The rows, `[bucketCount, headSize]`.
  public var table: UnsafePointer<Float>
  /// Floats between rows.
  public var stride: Int
  /// How many rows there are.
  public var bucketCount: Int
  /// Columns of a row.
  public var headSize: Int
  /// The bucket of each distance, key minus query, from 1 − key count to query count − 1.
  public var buckets: UnsafePointer<Int32>
  /// Whether keys are multiplied by the rows, not queries.
  public var isByKey: Bool
  /// Multiplies the products.
  public var scale: Float

  /// The description of a table, whose pointers are borrowed: they must outlive it.
  public init(
    table: UnsafePointer<Float>, stride: Int, bucketCount: Int, headSize: Int,
    buckets: UnsafePointer<Int32>, isByKey: Bool, scale: Float
  ) {
    self.table = table
    self.stride = stride
    self.bucketCount = bucketCount
    self.headSize = headSize
    self.buckets = buckets
    self.isByKey = isByKey
    self.scale = scale
  }

  var code: seq_relative_table {
    seq_relative_table(
      table: table, table_stride: Int64(stride), bucket_count: Int64(bucketCount),
      head_size: Int64(headSize), buckets: buckets, by_key: isByKey, scale: scale)
  }

  /// Floats of scratch memory for so many rows of queries or keys.
  public func scratchCount(rows: Int) -> Int {
    var code = code
    return Int(seq_relative_scratch(&code, Int64(rows)))
  }
}

// Scores of one head of one sequence are `[queryCount, keyCount]`, rows
// `AttentionHead.probabilityStride(keyCount:)` floats apart.
extension Kernels {
  /// `scores[i, j] += line[j − i + queryCount − 1]`: a number for each distance.
  public static func addRelativeLine(
    _ line: UnsafePointer<Float>, to scores: UnsafeMutablePointer<Float>, queryCount: Int,
    keyCount: Int
  ) {
    seq_relative_add_line(
      line, scores, Int64(queryCount), Int64(keyCount), seq_attention_row(Int64(keyCount)))
  }

  /// The step back of ``addRelativeLine(_:to:queryCount:keyCount:)``.
  public static func relativeLineBackward(
    _ scoreGradient: UnsafePointer<Float>, into lineGradient: UnsafeMutablePointer<Float>,
    queryCount: Int, keyCount: Int
  ) {
    seq_relative_line_gradient(
      scoreGradient, lineGradient, Int64(queryCount), Int64(keyCount),
      seq_attention_row(Int64(keyCount)))
  }

  /// `scores[i, j] += scale · x[i or j] · table[bucket of the distance]`.
  public static func addRelativeProducts(
    _ table: RelativeTable, _ x: UnsafePointer<Float>, stride: Int,
    to scores: UnsafeMutablePointer<Float>, queryCount: Int, keyCount: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var code = table.code
    seq_relative_add_products(
      &code, x, Int64(stride), scores, Int64(queryCount), Int64(keyCount),
      seq_attention_row(Int64(keyCount)), scratch)
  }

  /// The step back of ``addRelativeProducts(_:_:stride:to:queryCount:keyCount:scratch:)``; both
  /// gradients are added to, and have the strides of what they belong to.
  public static func relativeProductsBackward(
    _ table: RelativeTable, _ x: UnsafePointer<Float>, stride: Int,
    scoreGradient: UnsafePointer<Float>, xGradient: UnsafeMutablePointer<Float>,
    tableGradient: UnsafeMutablePointer<Float>, queryCount: Int, keyCount: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var code = table.code
    seq_relative_products_backward(
      &code, x, Int64(stride), scoreGradient, xGradient, tableGradient, Int64(queryCount),
      Int64(keyCount), seq_attention_row(Int64(keyCount)), scratch)
  }

  /// The same for one row of decoding: `scores[head, key] += scale · x · table[bucket]`, where x is
  /// the query, or the keys if their pages are given; a shared table has the columns of one head.
  public static func addRelativeStep(
    query: UnsafePointer<Float>, pages: UnsafePointer<UnsafePointer<Float>?>?, keyCount: Int,
    table: UnsafePointer<Float>, stride: Int, isShared: Bool, buckets: UnsafePointer<Int32>,
    headCount: Int, headSize: Int, scale: Float, to scores: UnsafeMutablePointer<Float>
  ) {
    seq_relative_step(
      query, pages, Int64(keyCount), table, Int64(stride), isShared, buckets, Int64(headCount),
      Int64(headSize), scale, scores)
  }

  /// Turns every head of every row by the row's position; `backward` turns the other way.
  ///
  /// `turns` has for each position the cosines and then the sines of its angles, `headSize` numbers.
  public static func rotate(
    _ x: UnsafePointer<Float>, stride: Int, positions: UnsafePointer<Int32>,
    turns: UnsafePointer<Float>, backward: Bool = false, into y: UnsafeMutablePointer<Float>,
    stride yStride: Int, rows: Int, headCount: Int, headSize: Int
  ) {
    seq_rotate(
      x, Int64(stride), positions, turns, backward ? -1 : 1, y, Int64(yStride), Int64(rows),
      Int64(headCount), Int64(headSize))
  }
}
