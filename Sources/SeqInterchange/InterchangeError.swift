/// Why a model of another toolkit could not be read or written: the file, the key or tensor, what was
/// found, what was expected, and what to do.
public struct InterchangeError: Error, Hashable, Sendable {
  /// The kind of problem, for programs; people read ``InterchangeError/description``.
  public enum Reason: Hashable, Sendable, CaseIterable {
    /// A file that has to be there is not.
    case missingFile
    /// A file that is not what its name says.
    case malformedFile
    /// A format that is not read, for a reason that the message gives.
    case refusedFormat
    /// A kind of model, or an option of one, that this toolkit has no counterpart of.
    case unsupported
    /// A tensor that has to be there is not, or one is there that belongs to nothing.
    case wrongTensors
  }

  /// The kind of problem.
  public let reason: Reason
  /// The file or folder concerned.
  public let path: String
  /// The key or tensor concerned, where there is one.
  public let name: String?
  /// What stands there.
  public let found: String
  /// What should stand there; empty where there is nothing to add.
  public let expected: String
  /// What to do about it.
  public let hint: String

  /// A problem told in three parts: what was found, what was expected, and what to do.
  public init(
    _ reason: Reason, path: String, name: String? = nil, found: String, expected: String = "",
    hint: String
  ) {
    self.reason = reason
    self.path = path
    self.name = name
    self.found = found
    self.expected = expected
    self.hint = hint
  }
}

extension InterchangeError: CustomStringConvertible {
  /// One line, fit for a terminal.
  public var description: String {
    let place = name.map { "\(path): '\($0)'" } ?? path
    let demand = expected.isEmpty ? "" : ", expected \(expected)"
    return "\(place): found \(found)\(demand); \(hint)"
  }
}
