import ArgumentParser
import Foundation
import SeqKit

/// The segments of a file: its lines, without white space at their ends.
struct SegmentFile {
  let path: String
  let lines: [String]

  /// Reads a file, decompressed if its name ends in `.gz`.
  ///
  /// - Throws: ``SegmentFileError``; ``TextError`` for damaged gzip data.
  init(path: String) throws {
    self.path = path
    guard FileManager.default.fileExists(atPath: path) else {
      throw SegmentFileError.missing(path: path)
    }
    var lines: [String] = []
    do {
      let reader = try LineReader(path: path)
      while let bytes = try reader.next() {
        guard let line = String(validating: bytes, as: UTF8.self) else {
          throw SegmentFileError.invalidUTF8(path: path, line: reader.lineNumber)
        }
        lines.append(Self.withoutSpaceAtEnd(line))
      }
    } catch let error as TextError where error.kind != .badData {
      throw SegmentFileError.unreadable(path: path)
    }
    self.lines = lines
  }

  private static func withoutSpaceAtEnd(_ line: String) -> String {
    var text = Array(line.utf8)
    Whitespace.trimEnd(of: &text)
    return text.count == line.utf8.count ? line : String(decoding: text, as: UTF8.self)
  }
}

/// Why files cannot be scored, with the exit code that says so.
enum SegmentFileError: ErrorWithExitCode, CustomStringConvertible {
  case missing(path: String)
  case unreadable(path: String)
  case invalidUTF8(path: String, line: Int)
  case empty(path: String)
  case unequalCounts(first: SegmentFile, second: SegmentFile)

  var exitCode: ExitCode {
    switch self {
    case .missing: .missingInput
    case .unreadable: .inputOutput
    case .invalidUTF8, .empty, .unequalCounts: .badData
    }
  }

  var description: String {
    switch self {
    case .missing(let path):
      "\(path): no such file"
    case .unreadable(let path):
      "\(path): cannot be read; it must be a file, and you must be allowed to read it"
    case .invalidUTF8(let path, let line):
      "\(path):\(line): not valid UTF-8; files must be in UTF-8"
    case .empty(let path):
      "\(path): no lines; there is nothing to score"
    case .unequalCounts(let first, let second):
      "\(first.path) has \(first.lines.count) lines but \(second.path) has "
        + "\(second.lines.count); line n of each file must belong to segment n"
    }
  }
}
