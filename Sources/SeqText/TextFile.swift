import Foundation

/// Whole small files, read and written with errors that name them.
enum TextFile {
  /// The bytes of a file, which may have a largest size.
  static func read(_ file: URL, limit: Int = .max) throws(TextError) -> [UInt8] {
    // Foundation's errors tell a person little; those of the system calls have names.
    let stream = try ByteStream(path: file.path, decompressesByName: false)
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
    defer { buffer.deallocate() }
    while true {
      let count = try stream.read(into: buffer)
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      if bytes.count > limit {
        throw TextError(
          .badData, file: file.path, found: "more than \(limit >> 20) MiB",
          expected: "a tokenizer's file", hint: "Is it the right one?")
      }
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
    var missing: [String] = []
    var folder = directory.standardizedFileURL
    while folder.path != "/", mkdir(folder.path, 0o777) != 0, errno == ENOENT {
      missing.append(folder.path)
      folder.deleteLastPathComponent()
    }
    for path in missing.reversed() { mkdir(path, 0o777) }
    let code = errno
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: directory.path, isDirectory: &isFolder)
    if !exists || !isFolder.boolValue {
      throw .system(
        .cannotCreate, file: directory.path, operation: "created as a folder",
        code: exists ? EEXIST : code)
    }
  }
}
