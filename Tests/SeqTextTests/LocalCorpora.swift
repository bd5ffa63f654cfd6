import Foundation

import SeqText

/// Corpora that a developer may have beside the package; tests over them are skipped elsewhere.
enum LocalCorpora {
  static let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared/data")

  static func has(_ name: String) -> Bool { path(name) != nil }

  /// The file beside this package, or beside the folder of its worktrees.
  static func path(_ name: String) -> String? {
    let beside = directory.appendingPathComponent(name).path
    let above = directory.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("shared/data/" + name).path
    return [beside, above].first { FileManager.default.fileExists(atPath: $0) }
  }

  /// The first lines of a file.
  static func lines(_ name: String, limit: Int = .max) throws -> [[UInt8]] {
    guard let path = path(name) else { return [] }
    let reader = try LineReader(path: path)
    var lines: [[UInt8]] = []
    while lines.count < limit, let line = try reader.next() { lines.append(line) }
    return lines
  }
}
