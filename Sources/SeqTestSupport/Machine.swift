internal import Foundation

/// What the machine that runs the tests promises.
public enum Machine {
  /// Whether the processor has AVX-512; then oneDNN multiplies by packed matrices, not panels of ours.
  public static let hasAVX512: Bool = {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
      return false
    }
    return text.contains("avx512f")
  }()

  /// Whether a row of a packed product has the same bits whatever the rows around it: so with
  /// oneDNN under AVX-512.
  public static let keepsRowBits = hasAVX512

  /// How far two computations of one sentence in different batches may be apart.
  public static let batchTolerance: Float = keepsRowBits ? 0 : 1e-5
}
