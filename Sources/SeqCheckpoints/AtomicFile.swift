import Foundation

/// Saving a file so that, whatever happens, its name leads to the old bytes or to the new ones,
/// whole.
///
/// The bytes go to a file of another name in the same folder, are flushed to the disk, and take
/// the name by a rename. A failure removes the unfinished file; a killed process leaves it, for
/// ``TemporaryName/clearLeftovers(in:)`` to find.
public enum AtomicFile {
  /// Creates or replaces the file at `path` with what `body` writes.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/notCreated`` or
  ///   ``CheckpointError/Reason/notWritten``, and what `body` throws; the old file is then intact.
  public static func write(to path: String, _ body: (FileSink) throws -> Void) throws {
    let temporary = TemporaryName.beside(path)
    let sink = try FileSink(creating: temporary, for: path)
    do {
      try body(sink)
      try sink.finish()
      guard rename(temporary, path) == 0 else {
        throw CheckpointError.system(.notWritten, path: path, operation: "replace", code: errno)
      }
    } catch {
      sink.abandon()
      unlink(temporary)
      throw error
    }
    try synchronizeFolder(TemporaryName.folder(of: path))
  }

  /// Creates or replaces the file at `path` with `bytes`.
  ///
  /// - Throws: ``CheckpointError``; the old file is then intact.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { try $0.write(bytes) }
  }
}
