package import ArgumentParser
package import SeqKit

/// The statuses with which the commands end, besides success; the numbers are those of
/// `sysexits.h` and of shells.
extension ExitCode {
  /// The command line makes no sense (64); ArgumentParser ends with it of itself.
  package static let usage = ExitCode(64)
  /// What was read is malformed: text, a checkpoint, a model (65).
  package static let badData = ExitCode(65)
  /// An input file is not there (66).
  package static let missingInput = ExitCode(66)
  /// Something needed is not available on this machine (69).
  package static let unavailable = ExitCode(69)
  /// A fault of this program (70).
  package static let internalError = ExitCode(70)
  /// An output file or folder cannot be created (73).
  package static let cannotCreate = ExitCode(73)
  /// Reading or writing failed half-way (74).
  package static let inputOutput = ExitCode(74)
  /// A configuration has problems (78).
  package static let configuration = ExitCode(78)
  /// Ended by SIGINT (130).
  package static let interrupted = ExitCode(130)
  /// Ended by SIGTERM (143).
  package static let terminated = ExitCode(143)
}

extension CheckpointError {
  /// The status with which a command ends when it cannot go on without the file.
  package var exitCode: ExitCode {
    switch reason {
    case .missing: .missingInput
    case .unreadable, .notWritten: .inputOutput
    case .notCreated: .cannotCreate
    default: .badData
    }
  }
}

extension DoctorReport {
  /// 1 when a rule is broken: neither a mistake of the caller nor of this program.
  package var exitCode: ExitCode { hasFailed ? .failure : .success }
}
