import Foundation

/// Saving a folder of files so that its name leads to all of them or, if anything fails, to what
/// was there before.
///
/// The files are written in a folder of another name beside it, flushed to the disk, and take the
/// name by a rename. A killed process leaves the unfinished folder, for
/// ``TemporaryName/clearLeftovers(in:)`` to find.
public enum AtomicDirectory {
  /// Creates or replaces the folder at `path` with what `body` writes into the folder it is given.
  ///
  /// A folder cannot be renamed onto another, so one that is replaced steps aside first; if the
  /// process is killed at that very moment, ``TemporaryName/clearLeftovers(in:)`` puts it back.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/notCreated`` or
  ///   ``CheckpointError/Reason/notWritten``, and what `body` throws; the old folder is then
  ///   intact.
  public static func write(to path: String, _ body: (String) throws -> Void) throws {
    let temporary = TemporaryName.beside(path)
    guard mkdir(temporary, 0o777) == 0 else {
      throw CheckpointError.system(.notCreated, path: path, operation: "create", code: errno)
    }
    do {
      try body(temporary)
      try synchronizeContents(of: temporary)
      try put(temporary, at: path)
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw (error as? CheckpointError)?.renaming(temporary, to: path) ?? error
    }
    try synchronizeFolder(TemporaryName.folder(of: path))
  }

  /// Deletes a folder so that a kill leaves either all of it or leftovers, never half of it under
  /// its name.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/notWritten``.
  public static func remove(_ path: String) throws(CheckpointError) {
    let temporary = TemporaryName.beside(path)
    guard rename(path, temporary) == 0 else {
      throw .system(.notWritten, path: path, operation: "delete", code: errno)
    }
    try TemporaryName.remove(temporary)
  }

  /// Gives `temporary` the name `path`, and deletes what bore it.
  private static func put(_ temporary: String, at path: String) throws(CheckpointError) {
    // An empty folder may stand there: a rename replaces it.
    if rename(temporary, path) == 0 { return }
    guard errno == ENOTEMPTY || errno == EEXIST else {
      throw .system(.notWritten, path: path, operation: "replace", code: errno)
    }
    let aside = TemporaryName.beside(path, ending: .replaced)
    guard rename(path, aside) == 0 else {
      throw .system(.notWritten, path: path, operation: "replace", code: errno)
    }
    guard rename(temporary, path) == 0 else {
      let code = errno
      rename(aside, path)
      throw .system(.notWritten, path: path, operation: "replace", code: code)
    }
    try TemporaryName.remove(aside)
  }

  /// Flushes every file and folder under `folder`, and the folder itself.
  private static func synchronizeContents(of folder: String) throws(CheckpointError) {
    let names = FileManager.default.subpaths(atPath: folder) ?? []
    for name in names { try synchronizeFolder("\(folder)/\(name)") }
    try synchronizeFolder(folder)
  }
}
