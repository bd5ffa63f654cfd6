internal import Foundation

/// The cores that this process may keep busy, which on shared machines are fewer than there are.
///
/// More threads than that stand in each other's way: they wait for one another at the end of every
/// operation.
public enum AvailableCores {
  /// Those that the process may run on, and no more than its control groups have time for.
  ///
  /// On Linux `taskset`, cpusets and `docker run --cpus` count. At least 1; as it is when first asked.
  public static let count = now()

  /// The same as it is now.
  package static func now() -> Int {
    // A mask may name cores that the machine does not have yet.
    let running = ProcessInfo.processInfo.activeProcessorCount
    return max(1, min(running, affinity() ?? running, quota() ?? running))
  }

  /// Cores that the process may run on, by proc(5); nil where there is none.
  private static func affinity() -> Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }
    return line.flatMap { cores(inMask: $0.dropFirst("Cpus_allowed:".count)) }
  }

  /// The bits of a mask in groups of hexadecimal digits, as `ff,ffffffff`.
  package static func cores(inMask mask: Substring) -> Int? {
    let count = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    return count > 0 ? count : nil
  }

  /// What the control group of the process and those around it leave it, version 2.
  private static func quota() -> Int? {
    guard let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8),
      let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
    else { return nil }
    var folder = line.dropFirst("0::".count)
    var least: Int?
    while true {
      let limit = try? String(contentsOfFile: "/sys/fs/cgroup\(folder)/cpu.max", encoding: .utf8)
      if let cores = limit.flatMap(cores(of:)) { least = min(least ?? cores, cores) }
      guard let slash = folder.lastIndex(of: "/") else { return least }
      folder = folder[..<slash]
    }
  }

  /// The whole cores of a `cpu.max`, microseconds of every so many; nil where there is no limit.
  package static func cores(of limit: String) -> Int? {
    let numbers = limit.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return nil }
    return max(1, numbers[0] / numbers[1])
  }
}
