import Foundation

/// Whole small files, read and written with errors that name them.
enum TextFile {
  /// The bytes of a file.
  static func read(_ file: URL) throws(TextError) -> [UInt8] {
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw TextError(.missingInput, file: file.path, found: "no such file")
    }
    do {
      return Array(try Data(contentsOf: file))
    } catch {
      throw TextError(
        .inputOutput, file: file.path, found: "cannot be read: \(error.localizedDescription)")
    }
  }

  /// Writes a file at once: a reader sees the old contents or the new, never a part.
  static func write(_ bytes: [UInt8], to file: URL) throws(TextError) {
    // Foundation's atomic writing would leave files of arbitrary names behind when killed.
    let output = try AtomicFile(destination: file)
    try output.append(bytes)
    try output.commit()
  }

  /// Makes a folder and those above it; an existing one is left alone.
  static func createDirectory(_ directory: URL) throws(TextError) {
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
      throw TextError(
        .cannotCreate, file: directory.path,
        found: "cannot be created: \(error.localizedDescription)")
    }
  }
}
