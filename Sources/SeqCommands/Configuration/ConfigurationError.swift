package import ArgumentParser

/// Why a configuration cannot be used.
package enum ConfigurationError: Error, Hashable, Sendable {
  /// No file at this path.
  case missing(path: String)
  /// The file is there and cannot be read; the system's words.
  case unreadable(path: String, reason: String)
  /// The file was read, and this is all that is wrong with it and with the options.
  case invalid(path: String, problems: [ConfigurationProblem])

  /// The status with which a command ends.
  package var exitCode: ExitCode {
    switch self {
    case .missing: .missingInput
    case .unreadable: .inputOutput
    case .invalid: .configuration
    }
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// One line per problem, each beginning with its place in the form that editors jump to.
  package var description: String {
    switch self {
    case .missing(let path):
      "\(path.isEmpty ? "''" : path): no such file; name a configuration, for instance one of Examples/"
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason)"
    case .invalid(let path, let problems):
      (["\(path): \(problems.count) \(problems.count == 1 ? "problem" : "problems")"]
        + problems.map { $0.line(path: path) }).joined(separator: "\n")
    }
  }
}

/// One thing that is wrong in a configuration.
package struct ConfigurationProblem: Hashable, Sendable {
  /// Where it stands.
  package enum Place: Hashable, Sendable {
    /// Nowhere in particular: something is missing altogether.
    case file
    /// Line and column, from 1; columns count Unicode scalars.
    case position(line: Int, column: Int)
    /// Not in the file: `--set training.seed=x`, or an environment variable.
    case option(String)
  }

  /// Where it stands.
  package let place: Place
  /// The dotted key concerned; empty for the file as a whole.
  package let key: String
  /// What was found, what was expected, and perhaps what was meant.
  package let message: String

  func line(path: String) -> String {
    let start =
      switch place {
      case .file: path
      case .position(let line, let column): "\(path):\(line):\(column)"
      case .option(let text): text
      }
    return key.isEmpty ? "\(start): \(message)" : "\(start): \(key): \(message)"
  }
}
