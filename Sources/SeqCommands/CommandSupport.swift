import ArgumentParser
import Foundation
import SeqKit

/// An error that knows the status with which it ends a command.
protocol ErrorWithExitCode: Error {
  var exitCode: ExitCode { get }
}

extension ConfigurationError: ErrorWithExitCode {}
extension CheckpointError: ErrorWithExitCode {}

/// Runs a command's body and turns what it throws into a message and an exit code.
func reportingErrors(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as ExitCode {
    throw error
  } catch let error as ValidationError {
    // ArgumentParser shows the usage with it.
    throw error
  } catch {
    Console.note("Error: \(error)")
    throw exitCode(of: error)
  }
}

private func exitCode(of error: any Error) -> ExitCode {
  switch error {
  case let error as any ErrorWithExitCode: error.exitCode
  case is AlignmentError: .usage
  case let error as InterchangeError: error.reason == .missingFile ? .missingInput : .badData
  case let error as TextError:
    switch error.kind {
    case .badData: .badData
    case .missingInput: .missingInput
    case .cannotCreate: .cannotCreate
    case .inputOutput: .inputOutput
    case .configuration: .configuration
    case .interrupted: ExitCode(128 + (InterruptSignal.received ?? SIGINT))
    }
  case let error as TrainingError:
    switch error {
    case .outputNotEmpty, .inUse: .cannotCreate
    case .nothingToResume: .missingInput
    case .changedConfiguration, .invalid, .notEnoughMemory: .configuration
    case .damaged, .nonFinite: .badData
    }
  case is SearchError: .usage
  case is EnsembleError, is DoctorError: .badData
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
