import Foundation

/// A whole file, mapped into memory; unmapped when the last reference goes.
///
/// Pages that are written become private copies: the file never changes.
///
/// `@unchecked Sendable`: address and size never change between `init` and `deinit`, and whoever
/// writes has to see to it that nobody else reads.
///
/// A file that another program shortens while it is mapped makes reads fail with SIGBUS; our own
/// writers never do that, they rename a new file into place.
final class MemoryMap: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  private let descriptor: Int32

  init(path: String) throws(CheckpointError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      throw .system(
        code == ENOENT ? .missing : .unreadable, path: path, operation: "open", code: code)
    }
    self.descriptor = descriptor
    var staysOpen = false
    defer { if !staysOpen { close(descriptor) } }

    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system(.unreadable, path: path, operation: "examine", code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(
        .unreadable, path: path,
        found: status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "something that is not a file",
        expected: "a safetensors file", hint: "name the file itself")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      // An empty file cannot be mapped; the reader says what is wrong with it.
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      staysOpen = true
      return
    }
    guard let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else {
      throw .system(.unreadable, path: path, operation: "map", code: errno)
    }
    #if os(Linux)
      // In huge pages a byte read at the end of one tensor brings back two megabytes of its neighbours,
      // whose pages were given back.
      madvise(address, size, MADV_NOHUGEPAGE)
    #endif
    bytes = UnsafeRawBufferPointer(start: address, count: size)
    staysOpen = true
  }

  deinit {
    close(descriptor)
    if let address = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }

  /// Copies bytes of the file as it is, whatever was written to memory, without a page of it becoming
  /// resident; through memory where the system refuses.
  func copyBytes(_ range: Range<Int>, to memory: UnsafeMutableRawPointer) {
    var copied = 0
    while copied < range.count {
      let count = pread(
        descriptor, memory + copied, range.count - copied, off_t(range.lowerBound + copied))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      copied += count
    }
    guard copied < range.count, let address = bytes.baseAddress else { return }
    memory.copyMemory(from: address + range.lowerBound, byteCount: range.count)
  }

  /// Gives the memory behind the whole pages of `range` back; they are read again when touched.
  func release(_ range: Range<Int>) {
    guard let address = bytes.baseAddress else { return }
    let pageSize = Int(getpagesize())
    let first = (range.lowerBound + pageSize - 1) / pageSize * pageSize
    let end = range.upperBound / pageSize * pageSize
    guard first < end else { return }
    madvise(UnsafeMutableRawPointer(mutating: address + first), end - first, MADV_DONTNEED)
  }
}
