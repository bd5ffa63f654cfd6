import ArgumentParser
import Foundation
import SeqKit

/// Makes a directory that is there only when it is complete; its parents are made too.
///
/// - Throws: ``OutputDirectoryError`` when something is there already, and what `body` throws.
func writeDirectory(_ path: String, _ body: (URL) throws -> Void) throws {
  let contents = try? FileManager.default.contentsOfDirectory(atPath: path)
  guard contents ?? [] == [] else { throw OutputDirectoryError(path: path) }
  let folder = URL(fileURLWithPath: path).standardizedFileURL.path
  // What cannot be made here is an error of the writing.
  try? FileManager.default.createDirectory(
    atPath: (folder as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
  try AtomicDirectory.write(to: folder) { try body(URL(fileURLWithPath: $0)) }
}

/// Says that a directory would have to be overwritten.
struct OutputDirectoryError: ErrorWithExitCode, CustomStringConvertible {
  let path: String

  var exitCode: ExitCode { .cannotCreate }
  var description: String { "\(path) is not empty: give another --output" }
}
