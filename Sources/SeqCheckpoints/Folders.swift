import Foundation

/// Makes a folder and those above it; one that exists is left alone.
///
/// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/notCreated``, in the system's words,
///   where Foundation's would say that an operation could not be completed.
package func createFolder(_ path: String) throws(CheckpointError) {
  if mkdir(path, 0o777) == 0 { return }
  var code = errno
  if code == ENOENT, TemporaryName.folder(of: path) != path {
    try createFolder(TemporaryName.folder(of: path))
    if mkdir(path, 0o777) == 0 { return }
    code = errno
  }
  var status = stat()
  if code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
  throw .system(.notCreated, path: path, operation: "create", code: code)
}
