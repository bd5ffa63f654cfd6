import ArgumentParser
import Foundation
import SeqKit

/// Writes lines for a person to standard error.
enum Console {
  static func note(_ text: String) { write(text + "\n") }

  /// Nobody may be left to read, or the log's disk be full: no reason to stop working.
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Whether standard error is a terminal, on which a line may be redrawn.
  static var isTerminal: Bool { isatty(2) == 1 }

  /// Columns of that terminal, 80 where it does not say.
  static var width: Int { terminalWidth(of: 2) ?? 80 }
}

/// Where results go: standard output, as they are written, for no path and for `-`, or a file that
/// appears when it is complete.
///
/// A device or a pipe named as the file is written to as it is, never replaced.
func withOutput(_ path: String?, _ body: (_ write: (String) throws -> Void) throws -> Void) throws {
  guard let path, path != "-" else { return try body(writeToStandardOutput) }
  let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  let kind = fileKind(of: target)
  if kind == S_IFDIR {
    throw CheckpointError.system(.notCreated, path: path, operation: "create", code: EISDIR)
  } else if let kind, kind != S_IFREG {
    let descriptor = open(target, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CheckpointError.system(.notCreated, path: path, operation: "open", code: errno)
    }
    let sink = FileSink(descriptor: descriptor, path: path)
    try body { try sink.write(Array($0.utf8)) }
  } else {
    try SeqCheckpoints.AtomicFile.write(to: target) { sink in
      if let temporary = sink.temporaryPath { InterruptSignal.deleteUnfinished(temporary) }
      try body { try sink.write(Array($0.utf8)) }
    }
  }
}

/// Writes at once, without a buffer of its own; whoever reads may stop reading, and then there is
/// nothing left to do and nothing to complain of.
private func writeToStandardOutput(_ text: String) throws {
  var text = text
  try text.withUTF8 { bytes in
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = write(1, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE {
        throw ExitCode.success
      } else if errno != EINTR {
        throw CheckpointError.system(
          .notWritten, path: "standard output", operation: "write", code: errno)
      }
    }
  }
}

/// Columns of the terminal that a descriptor leads to; nil where it leads to none.
func terminalWidth(of descriptor: Int32) -> Int? {
  var size = winsize()
  guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
  return Int(size.ws_col)
}

/// What a path leads to, as `stat` tells it; nil when there is nothing.
private func fileKind(of path: String) -> mode_t? {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
}

/// Whether a path leads to a directory.
func isDirectory(_ path: String) -> Bool { fileKind(of: path) == S_IFDIR }

/// Whether a path leads to a file that can be read more than once; `-` is the standard input.
func isRegularFile(_ path: String) -> Bool { path != "-" && fileKind(of: path) == S_IFREG }
