/// Why a checkpoint file could not be read or written: which file, what was found, what was
/// expected, and how to mend it.
///
///     model.safetensors: tensor 'decoder.bias': found 12 bytes, expected 16 (shape [4] of F32);
///     the file is damaged: copy or download it again
public struct CheckpointError: Error, Hashable, Sendable {
  /// The kind of problem, for programs; people read ``CheckpointError/description``.
  public enum Reason: Hashable, Sendable, CaseIterable {
    /// No file at this path.
    case missing
    /// The file exists and cannot be read: permissions, a folder in its place, a failing disk.
    case unreadable
    /// The file or folder could not be created: no parent folder, no permission.
    case notCreated
    /// Writing began and failed: a full disk, for instance. What stood there before is intact.
    case notWritten
    /// The file ends before its header does.
    case truncatedHeader
    /// The header claims more than ``SafetensorsFile/headerSizeLimit`` bytes.
    case oversizedHeader
    /// The header is not the JSON object that the format asks for.
    case malformedHeader
    /// Two tensors, or two metadata entries, bear one name.
    case duplicateName
    /// An element type that this version does not know.
    case unknownElementType
    /// A shape whose size overflows.
    case invalidShape
    /// Offsets that run backwards or do not match the shape.
    case invalidOffsets
    /// Bytes between two tensors that belong to neither.
    case hole
    /// Two tensors that claim the same bytes.
    case overlap
    /// The tensors end before or after the file does.
    case wrongFileSize
    /// A tensor that was asked for by name is not in the file.
    case missingTensor
    /// The elements cannot become floats.
    case unsupportedConversion
    /// Files to be averaged differ in names or shapes.
    case mismatchedFiles
  }

  /// The kind of problem.
  public let reason: Reason
  /// The file or folder concerned.
  public let path: String
  /// The tensor concerned, where there is one.
  public let tensor: String?
  /// What stands there.
  public let found: String
  /// What should stand there; empty where the system refused a request.
  public let expected: String
  /// What to do about it.
  public let hint: String

  /// A problem told in three parts: what was found, what was expected, and what to do.
  public init(
    _ reason: Reason, path: String, tensor: String? = nil, found: String, expected: String,
    hint: String
  ) {
    self.reason = reason
    self.path = path
    self.tensor = tensor
    self.found = found
    self.expected = expected
    self.hint = hint
  }
}

extension CheckpointError: CustomStringConvertible {
  /// One line, fit for a terminal.
  public var description: String {
    let place = tensor.map { "\(path): tensor '\($0)'" } ?? path
    return expected.isEmpty
      ? "\(place): \(found); \(hint)"
      : "\(place): found \(found), expected \(expected); \(hint)"
  }
}
