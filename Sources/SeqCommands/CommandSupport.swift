import ArgumentParser
import Foundation
import SeqKit

/// Writes lines for a person to standard error.
enum Console {
  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// Whether standard error is a terminal, on which a line may be redrawn.
  static var isTerminal: Bool { isatty(2) == 1 }
}

/// Runs a command's body and turns what it throws into a message and an exit code.
func reportingErrors(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as ExitCode {
    throw error
  } catch {
    Console.note("Error: \(error)")
    throw exitCode(of: error)
  }
}

private func exitCode(of error: any Error) -> ExitCode {
  switch error {
  case let error as ConfigurationError: error.exitCode
  case let error as CheckpointError: error.exitCode
  case let error as TextError:
    switch error.kind {
    case .badData: .badData
    case .missingInput: .missingInput
    case .cannotCreate: .cannotCreate
    case .inputOutput: .inputOutput
    case .configuration: .configuration
    }
  case let error as TrainingError:
    switch error {
    case .outputNotEmpty, .unwritable: .cannotCreate
    case .nothingToResume: .missingInput
    case .changedConfiguration, .invalid: .configuration
    case .damaged, .nonFinite: .badData
    }
  case is SearchError: .usage
  default: .internalError
  }
}

/// Lines of input in windows: as many as are at hand, so that an interactive user gets an answer
/// to every line and a file is translated in large batches.
struct LineWindows {
  private let reader: LineReader
  private let limit: Int

  /// Opens a file, or standard input for `-`; a window holds at most `limit` lines.
  init(path: String, limit: Int = 4096) throws {
    reader = try LineReader(path: path)
    self.limit = limit
  }

  /// The next lines and the number of the first; nil at the end.
  func next() throws -> (firstLine: Int, lines: [[UInt8]])? {
    guard let line = try reader.next() else { return nil }
    let first = reader.lineNumber
    var lines = [line]
    while lines.count < limit, reader.hasBufferedLine, let line = try reader.next() {
      lines.append(line)
    }
    return (first, lines)
  }
}

/// Where results go: standard output, flushed after every window, or a file that appears when it
/// is complete.
func withOutput(_ path: String?, _ body: (_ write: (String) throws -> Void) throws -> Void) throws {
  if let path {
    try SeqCheckpoints.AtomicFile.write(to: path) { sink in
      try body { try sink.write(Array($0.utf8)) }
    }
  } else {
    // Whoever reads may stop reading: then there is nothing left to do, and nothing to complain of.
    signal(SIGPIPE, SIG_IGN)
    try body { text in
      do { try FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) } catch {
        throw ExitCode.success
      }
    }
  }
}
