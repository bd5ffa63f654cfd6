import Foundation

/// Where the bytes of a file being saved go; handed out by ``AtomicFile`` and
/// ``SafetensorsFile/write(_:metadata:to:body:)``.
///
/// Nothing is buffered: give it large pieces.
public final class FileSink {
  /// Bytes written so far.
  public private(set) var byteCount = 0

  /// The name errors give: that of the file which is to appear, not the temporary one.
  private let path: String
  /// Where the bytes are until the file is complete; nil when they go to their place at once.
  package let temporaryPath: String?
  private var descriptor: Int32

  /// Creates a file for writing; the file must not exist.
  init(creating temporary: String, for path: String) throws(CheckpointError) {
    self.path = path
    temporaryPath = temporary
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw .system(.notCreated, path: path, operation: "create", code: errno)
    }
  }

  /// Takes over an open descriptor.
  package init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
    temporaryPath = nil
  }

  deinit { abandon() }

  /// Appends bytes, all of them.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/notWritten``, on a full disk for
  ///   instance.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // Some systems refuse more than 2 GiB at once.
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      let count = Foundation.write(descriptor, piece.baseAddress, piece.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(.notWritten, path: path, operation: "write", code: errno)
      }
      byteCount += count
      rest = rest.dropFirst(count)
    }
  }

  /// Appends bytes, all of them.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/notWritten``.
  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Appends numbers in the byte order of the file format, little-endian like every platform of
  /// Swift's.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/notWritten``.
  public func write(_ numbers: UnsafeBufferPointer<Float>) throws(CheckpointError) {
    try write(UnsafeRawBufferPointer(numbers))
  }

  /// Waits until the bytes are on the disk, and closes the file.
  func finish() throws(CheckpointError) {
    guard synchronize(descriptor) else {
      throw .system(.notWritten, path: path, operation: "flush", code: errno)
    }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else {
      throw .system(.notWritten, path: path, operation: "close", code: errno)
    }
  }

  /// Closes the file without waiting for the disk.
  func abandon() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
  }
}

/// Waits until what was written through the descriptor is on the disk; false leaves `errno` set.
func synchronize(_ descriptor: Int32) -> Bool {
  #if canImport(Darwin)
    // fsync leaves the bytes in the drive's cache on Apple's systems.
    if fcntl(descriptor, F_FULLFSYNC) == 0 { return true }
  #endif
  return fsync(descriptor) == 0
}

/// Waits until a folder's list of names is on the disk.
func synchronizeFolder(_ folder: String) throws(CheckpointError) {
  let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw .system(.notWritten, path: folder, operation: "open", code: errno)
  }
  defer { close(descriptor) }
  // EINVAL: a file system on which folders cannot be flushed.
  guard synchronize(descriptor) || errno == EINVAL else {
    throw .system(.notWritten, path: folder, operation: "flush", code: errno)
  }
}
