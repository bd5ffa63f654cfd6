internal import SeqKernels
public import SeqTensors

/// A memory made shorter: a convolution whose step is as long as its kernel makes one row of every
/// few.
///
/// What stands at the end of a sequence and does not fill a kernel is convolved with zeros; no row
/// depends on another sequence.
///
/// - Shapes: `[tokens, size]` → `[rows, size]`, ragged both; a sequence of n tokens has ⌈n / rate⌉ rows.
/// - SeeAlso: Liu et al. 2018, "Generating Wikipedia by summarizing long sequences",
///   arXiv:1801.10198, §4.2.4, which convolves keys and values of every attention by itself.
public struct MemoryCompression: Sendable {
  /// Rows that become one.
  public let rate: Int
  /// The kernel, `[size, rate · size]`: a matrix for every place, side by side.
  public let convolution: Linear

  /// Names its parameters `weight` and `bias`.
  ///
  /// - Precondition: A rate of at least 1.
  public init(in scope: ParameterScope, size: Int, rate: Int) {
    require(rate > 0, "memory compression: a rate of \(rate), not at least 1")
    self.rate = rate
    convolution = Linear(in: scope, inputSize: rate * size, outputSize: size)
  }

  /// Shortens every sequence by itself.
  public func callAsFunction(_ memory: Tensor) -> Tensor {
    convolution(memory.rowGroups(of: rate))
  }
}
