internal import CSeqKernels

extension Kernels {
  /// Moves an average towards values: `average ← average + share · (value − average)`.
  public static func moveAverage(
    _ average: UnsafeMutablePointer<Float>, toward value: UnsafePointer<Float>, count: Int,
    share: Float
  ) {
    seq_average_toward(average, value, Int64(count), share)
  }

  /// Exchanges the contents of two runs of floats, which do not overlap.
  public static func exchange(
    _ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>, count: Int
  ) {
    seq_exchange(first, second, Int64(count))
  }
}
