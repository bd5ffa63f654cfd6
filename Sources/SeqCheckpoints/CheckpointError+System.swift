import Foundation

extension CheckpointError {
  /// The same with the name that a file was to have in the place of the one it had on its way.
  func renaming(_ temporary: String, to name: String) -> CheckpointError {
    guard path == temporary || path.hasPrefix(temporary + "/") else { return self }
    return CheckpointError(
      reason, path: name + path.dropFirst(temporary.count), tensor: tensor, found: found,
      expected: expected, hint: hint)
  }

  /// A system call's failure, with the system's own words and what usually mends it.
  ///
  /// `operation` is a verb that takes the file, as "open"; `code` is `errno` right after the call.
  package static func system(
    _ reason: Reason, path: String, operation: String, code: Int32
  ) -> CheckpointError {
    let hint =
      switch code {
      case ENOSPC, EDQUOT: "free some space on that disk, or choose another, and run again"
      case EACCES, EPERM: "check the permissions of the file and of its folder"
      case EROFS: "that file system is read-only: choose another folder"
      case ENOENT: "check the path"
      case ENOTDIR: "a part of the path is a file, not a folder"
      case EISDIR: "that is a folder: name a file"
      case EMFILE, ENFILE: "too many files are open: raise the limit (ulimit -n)"
      case EEXIST, ENOTEMPTY: "something else stands there: remove it or choose another name"
      case EIO: "the disk reports an error: check it before anything else"
      default: "see the system's message"
      }
    return CheckpointError(
      reason, path: path,
      found: "could not \(operation) it: \(String(cString: strerror(code))) (errno \(code))",
      expected: "", hint: hint)
  }
}
