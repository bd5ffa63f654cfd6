import Foundation

/// Names of files and folders in transit, beside the place they are for:
/// `.NAME.0123456789abcdef.partial` while they are written, `….replaced` while they make room.
public enum TemporaryName {
  package enum Ending: String, CaseIterable {
    /// Unfinished, or about to be deleted.
    case partial
    /// The whole of what bore the name until now.
    case replaced
  }

  /// Tidies up after killed runs: deletes what they left unfinished in a folder, and puts back a
  /// folder that had stepped aside for one that never came.
  ///
  /// Call it at the start of a run that has the folder to itself: it cannot tell what another
  /// process is writing at this moment from what a killed one left.
  ///
  /// - Returns: the names of the leftovers.
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/notWritten`` when something
  ///   cannot be deleted or put back. A folder that does not exist has no leftovers.
  @discardableResult
  public static func clearLeftovers(in folder: String) throws(CheckpointError) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    var leftovers: [String] = []
    for name in names.sorted() {
      guard let (original, ending) = parse(name) else { continue }
      leftovers.append(name)
      let (path, destination) = ("\(folder)/\(name)", "\(folder)/\(original)")
      if ending == .replaced, !FileManager.default.fileExists(atPath: destination) {
        guard rename(path, destination) == 0 else {
          throw .system(.notWritten, path: destination, operation: "restore", code: errno)
        }
      } else {
        try remove(path)
      }
    }
    return leftovers
  }

  /// A fresh name in the folder of `path`, so that a rename moves no bytes.
  package static func beside(_ path: String, ending: Ending = .partial) -> String {
    let random = String(UInt64.random(in: .min ... .max), radix: 16)
    let digits = String(repeating: "0", count: 16 - random.utf8.count) + random
    let name = path.split(separator: "/").last ?? ""
    return "\(folder(of: path))/.\(name).\(digits).\(ending.rawValue)"
  }

  /// The name that a temporary name, without its folder, stands in for; nil for any other name.
  package static func parse(_ name: String) -> (original: String, ending: Ending)? {
    // A dot, the name, a dot, sixteen digits, a dot, the ending.
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].isEmpty,
      let ending = parts.last.flatMap({ Ending(rawValue: String($0)) })
    else { return nil }
    let digits = parts[parts.count - 2]
    let original = parts[1..<(parts.count - 2)].joined(separator: ".")
    guard digits.utf8.count == 16, digits.allSatisfy(\.isHexDigit), !original.isEmpty else {
      return nil
    }
    return (original, ending)
  }

  /// The folder that holds `path`.
  package static func folder(of path: String) -> String {
    // Foundation's own traps on paths such as "." and "".
    let bytes = Array(path.utf8)
    let slash = UInt8(ascii: "/")
    guard let end = bytes.lastIndex(where: { $0 != slash }) else {
      return bytes.isEmpty ? "." : "/"
    }
    guard let separator = bytes[...end].lastIndex(of: slash) else { return "." }
    guard let last = bytes[..<separator].lastIndex(where: { $0 != slash }) else { return "/" }
    return String(decoding: bytes[...last], as: UTF8.self)
  }

  /// Deletes a file or a folder with all it holds.
  static func remove(_ path: String) throws(CheckpointError) {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw CheckpointError(
        .notWritten, path: path, found: "could not delete it", expected: "",
        hint: "check the permissions of its folder, or delete it by hand")
    }
  }
}
