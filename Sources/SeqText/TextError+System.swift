import Foundation

extension TextError {
  /// A system call's failure in the system's words, with what usually mends it.
  ///
  /// `operation` is a participle, as "opened"; `code` is `errno` right after the call.
  static func system(_ kind: Kind, file: String, operation: String, code: Int32) -> TextError {
    let hint: String? =
      switch code {
      case ENOSPC, EDQUOT: "Free some space on that disk, or choose another."
      case EACCES, EPERM: "Check the permissions of the file and of its folder."
      case EROFS: "That file system is read-only: choose another folder."
      case ENOENT: "Check the path."
      case ENOTDIR: "A part of the path is a file, not a folder."
      case EISDIR: "That is a folder: name a file."
      case EEXIST: "A file stands there: remove it or choose another name."
      case EMFILE, ENFILE: "Too many files are open: raise the limit (ulimit -n)."
      default: nil
      }
    return TextError(
      kind, file: file, found: "cannot be \(operation): \(String(cString: strerror(code)))",
      hint: hint)
  }
}
