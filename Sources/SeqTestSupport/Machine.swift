internal import Foundation

/// What the machine that runs the tests promises.
public enum Machine {
  /// Whether the processor has AVX-512; then oneDNN multiplies by packed matrices, not panels of ours.
  public static let hasAVX512 = has("avx512bw")

  /// Whether the processor has an instruction set, by the name that Linux gives it, such as `avx512_vnni`.
  public static func has(_ instructionSet: String) -> Bool {
    instructionSets.contains(instructionSet)
  }

  private static let instructionSets: Set<String> = {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
    else { return [] }
    return Set(line.split(whereSeparator: { " \t:".contains($0) }).map(String.init))
  }()

  /// Whether a row of a packed product has the same bits whatever the rows around it: so with
  /// oneDNN under AVX-512.
  public static let keepsRowBits = hasAVX512

  /// How far two computations of one sentence in different batches may be apart.
  public static let batchTolerance: Float = keepsRowBits ? 0 : 1e-5
}
