internal import SeqKernels

/// How a multi-head attention is divided, and what the products of its queries and keys are
/// multiplied by before the softmax.
public struct AttentionHeads: Hashable, Sendable {
  /// How many heads there are, side by side in the columns.
  public let count: Int
  /// Columns of one head.
  public let size: Int
  /// The factor on products of a query and a key.
  public let scale: Float

  /// So many heads of a size.
  ///
  /// `isScaled` divides products by √size (Vaswani et al. 2017, §3.2.1); without it they stay as they are,
  /// as T5 has them (Raffel et al. 2020, arXiv:1910.10683).
  ///
  /// - Precondition: Both are positive.
  public init(count: Int, size: Int, isScaled: Bool = true) {
    require(count > 0 && size > 0, "attention: \(count) heads of \(size) columns")
    self.count = count
    self.size = size
    scale = isScaled ? 1 / Float(size).squareRoot() : 1
  }

  /// Columns of all heads together.
  public var columns: Int { count * size }
}
