internal import CSeqKernels

/// Fused routines on raw buffers of `Float`, one family a file.
///
/// Buffers are row-major. Nothing here allocates or checks bounds: callers own both. A row's result
/// never depends on other sequences. On the other rows of its sequence it depends in attention alone,
/// and there in its last bits: fewer than four queries are multiplied with their keys in another order
/// than more are.
public enum Kernels {}

/// A function applied to every element after a linear map.
public enum Activation: Int, Sendable, Hashable, CaseIterable {
  /// The argument itself.
  case identity
  /// `max(x, 0)`.
  case relu
  /// `x Φ(x)`, the exact form (Hendrycks & Gimpel 2016, arXiv:1606.08415).
  case gelu
  /// The hyperbolic tangent.
  case tanh
  /// `1 / (1 + e⁻ˣ)`.
  case sigmoid
  /// `x / (1 + e⁻ˣ)` (Ramachandran et al. 2017, arXiv:1710.05941; also called SiLU).
  case swish
  /// GELU by the hyperbolic tangent: `x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))`, an approximation
  /// that some models were trained with (Hendrycks & Gimpel 2016, §2).
  case geluTanh

  /// Whether the gradient is computed from the function's argument rather than its result.
  public var savesArgument: Bool { isSmooth }

  /// GELU in either form, or swish.
  public var isSmooth: Bool { self == .gelu || self == .geluTanh || self == .swish }

  var code: seq_activation { seq_activation(rawValue: UInt32(rawValue)) }
}

/// Which elements a dropout keeps: a pure function of keys, row id and column.
///
/// The keep probability is rounded to 1/65536 and the scale is the inverse of the rounded value.
public struct DropoutDraws: Sendable, Hashable {
  let code: (key0: UInt32, key1: UInt32, threshold: UInt32, scale: Float)

  /// Keeps everything.
  public static let none = DropoutDraws(rate: 0, key: 0)

  /// The draws of one dropout operation.
  ///
  /// - Parameters:
  ///   - rate: Probability of dropping an element, at least 0 and below 1.
  ///   - key: Names the draw: a hash of seed, step and operation.
  public init(rate: Double, key: UInt64) {
    require(rate >= 0 && rate < 1, "dropout: rate \(rate), outside 0 ..< 1")
    // At the highest rates one element in 65536 still is kept, so that the scale stays finite.
    let threshold = max(1, UInt32(((1 - rate) * 65536).rounded()))
    code = (
      UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32), threshold,
      65536 / Float(threshold)
    )
  }

  /// Whether any element may be dropped.
  public var dropsElements: Bool { code.threshold < 65536 }

  var value: seq_dropout {
    seq_dropout(
      key0: code.key0, key1: code.key1, threshold: code.threshold, scale: code.scale)
  }

  /// Whether both keep the same elements of every row.
  public static func == (left: DropoutDraws, right: DropoutDraws) -> Bool {
    left.code == right.code
  }

  /// Feeds the key and the keep probability to the hasher; the scale follows from the latter.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(code.key0)
    hasher.combine(code.key1)
    hasher.combine(code.threshold)
  }
}
