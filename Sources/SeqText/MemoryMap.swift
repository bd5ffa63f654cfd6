import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file seen as memory, read only; its pages come and go as the system likes.
///
/// `@unchecked Sendable`: the memory is never written through this object and stays mapped until
/// the last reference goes. Files here are replaced by renaming, never changed in place, so a map
/// keeps showing the file it was made from.
final class MemoryMap: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  /// Maps a file; an empty one gives an empty buffer.
  init(file: URL) throws(TextError) {
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      throw .system(.missingInput, file: file.path, operation: "opened", code: errno)
    }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    if size == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else {
      throw .system(.inputOutput, file: file.path, operation: "mapped", code: errno)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  /// Lets the system have back the pages read so far; those needed again are read again.
  func releasePages() {
    guard let start = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: start), bytes.count, MADV_DONTNEED)
  }

  /// The memory from an offset on, as values.
  ///
  /// - Precondition: the values lie inside the file and the offset is a multiple of their alignment.
  func values<Value: BitwiseCopyable>(
    _ type: Value.Type, at offset: Int, count: Int
  ) -> UnsafeBufferPointer<Value> {
    guard offset >= 0 && count >= 0 && offset + count * MemoryLayout<Value>.stride <= bytes.count
    else { fatalError("memory map: \(count) values at byte \(offset), \(bytes.count) bytes") }
    return UnsafeRawBufferPointer(
      rebasing: bytes[offset..<(offset + count * MemoryLayout<Value>.stride)]
    ).assumingMemoryBound(to: type)
  }
}
