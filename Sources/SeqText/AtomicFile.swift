import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A large file written front to back that appears under its name only when it is complete.
///
/// Written as `NAME.partial`, flushed to the disk, then renamed; whoever is interrupted leaves the
/// old file, if any, as it was.
final class AtomicFile {
  let destination: URL
  private(set) var size = 0

  private let partial: String
  private let descriptor: Int32
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private var buffered = 0
  private var isCommitted = false

  init(destination: URL) throws(TextError) {
    self.destination = destination
    partial = destination.path + ".partial"
    descriptor = open(partial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 {
      throw .system(.cannotCreate, file: destination.path, operation: "created", code: errno)
    }
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      if !isCommitted { unlink(partial) }
    }
    buffer.deallocate()
  }

  /// Appends bytes; they reach the disk when a quarter of a mebibyte has come together.
  func append(_ bytes: UnsafeRawBufferPointer) throws(TextError) {
    size += bytes.count
    if buffered + bytes.count > buffer.count { try flush() }
    if bytes.count > buffer.count {
      try write(bytes)
    } else {
      UnsafeMutableRawBufferPointer(rebasing: buffer[buffered...]).copyMemory(from: bytes)
      buffered += bytes.count
    }
  }

  /// Appends the memory of plain values.
  func append<Value: BitwiseCopyable>(_ values: [Value]) throws(TextError) {
    let outcome: Result<Void, TextError> = values.withUnsafeBytes { bytes in
      do throws(TextError) {
        return .success(try append(bytes))
      } catch {
        return .failure(error)
      }
    }
    try outcome.get()
  }

  /// Appends zeros up to a multiple of the alignment.
  func pad(to alignment: Int) throws(TextError) {
    let missing = (alignment - size % alignment) % alignment
    try append([UInt8](repeating: 0, count: missing))
  }

  /// Appends what another file, still uncommitted, holds.
  func append(contentsOf other: AtomicFile) throws(TextError) {
    try other.flush()
    var offset = 0
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { chunk.deallocate() }
    while offset < other.size {
      let count = pread(other.descriptor, chunk.baseAddress, chunk.count, off_t(offset))
      if count <= 0 { throw other.failure("read back") }
      try append(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
      offset += count
    }
  }

  /// Overwrites the beginning of the file, such as a header known only at the end.
  func overwriteStart(with bytes: [UInt8]) throws(TextError) {
    try flush()
    let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    if count != bytes.count { throw failure("written") }
  }

  /// Flushes to the disk and gives the file its name.
  func commit() throws(TextError) {
    try flush()
    if fsync(descriptor) != 0 { throw failure("flushed to the disk") }
    if rename(partial, destination.path) != 0 { throw failure("replaced") }
    isCommitted = true
  }

  private func flush() throws(TextError) {
    let count = buffered
    buffered = 0
    try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(TextError) {
    var rest = bytes
    while !rest.isEmpty {
      #if canImport(Glibc)
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      #else
        let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
      #endif
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("written")
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// The error of the system call just made, under the name the file was to have.
  private func failure(_ operation: String) -> TextError {
    .system(.inputOutput, file: destination.path, operation: operation, code: errno)
  }
}
