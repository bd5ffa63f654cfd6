import CZlib
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The bytes of a file, of a `.gz` file decompressed, or of the standard input, chunk by chunk.
///
/// Memory is two buffers whatever the file's size. A `.gz` file may hold several members end to
/// end, as `cat a.gz b.gz` makes them.
final class ByteStream {
  private static let chunkSize = 1 << 16

  private let path: String
  private let descriptor: Int32
  private let input = UnsafeMutableRawBufferPointer.allocate(
    byteCount: chunkSize, alignment: 16)
  // zlib keeps a pointer to its own stream, so the stream must not move.
  private var inflater: UnsafeMutablePointer<z_stream>?
  private var isInsideMember = false
  private var hasFinishedMember = false
  private var isAtEnd = false

  /// Opens a path; `-` is the standard input, a name ending in `.gz` is decompressed unless told
  /// otherwise.
  init(path: String, decompressesByName: Bool = true) throws(TextError) {
    self.path = path
    if path == "-" {
      descriptor = 0
    } else {
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      if descriptor < 0 {
        throw .system(.missingInput, file: path, operation: "opened", code: errno)
      }
    }
    if decompressesByName, path.hasSuffix(".gz") {
      let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
      stream.initialize(to: z_stream())
      // 15 window bits, plus 16: a gzip header is required.
      let status = inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
      inflater = stream
      if status != Z_OK { throw failure(.inputOutput, "zlib cannot start (status \(status))") }
    }
  }

  deinit {
    if let inflater {
      inflateEnd(inflater)
      inflater.deallocate()
    }
    if descriptor > 0 { close(descriptor) }
    input.deallocate()
  }

  /// Fills the buffer from its start and gives the number of bytes, 0 at the end of the stream.
  func read(into output: UnsafeMutableBufferPointer<UInt8>) throws(TextError) -> Int {
    guard let inflater else { return try readPlain(into: UnsafeMutableRawBufferPointer(output)) }
    inflater.pointee.next_out = output.baseAddress
    inflater.pointee.avail_out = UInt32(output.count)
    while Int(inflater.pointee.avail_out) == output.count {
      if inflater.pointee.avail_in == 0, !isAtEnd { try refill(inflater) }
      if inflater.pointee.avail_in == 0 {
        if !isInsideMember, hasFinishedMember { return 0 }
        throw failure(
          .badData, "the gzip data ends in the middle", hint: "The file is truncated; copy it anew."
        )
      }
      if !isInsideMember, try !startMember(inflater) { return 0 }
      let status = inflate(inflater, Z_NO_FLUSH)
      if status == Z_STREAM_END {
        isInsideMember = false
        hasFinishedMember = true
      } else if status != Z_OK {
        let reason = inflater.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
        throw failure(
          .badData, "not valid gzip data: \(reason)",
          hint: hasFinishedMember || inflater.pointee.total_out > 0
            ? "The file is damaged; copy it anew."
            : "If it is not compressed, take .gz off its name; else it is damaged, copy it anew.")
      }
    }
    return output.count - Int(inflater.pointee.avail_out)
  }

  /// Prepares for the next gzip member; false when only zero padding follows the last one.
  private func startMember(_ inflater: UnsafeMutablePointer<z_stream>) throws(TextError) -> Bool {
    if hasFinishedMember {
      while inflater.pointee.avail_in > 0, inflater.pointee.next_in.pointee == 0 {
        inflater.pointee.next_in += 1
        inflater.pointee.avail_in -= 1
        if inflater.pointee.avail_in == 0 { try refill(inflater) }
      }
      if inflater.pointee.avail_in == 0 { return false }
      inflateReset(inflater)
    }
    isInsideMember = true
    return true
  }

  private func refill(_ inflater: UnsafeMutablePointer<z_stream>) throws(TextError) {
    let count = try readPlain(into: input)
    isAtEnd = count == 0
    inflater.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
    inflater.pointee.avail_in = UInt32(count)
  }

  private func readPlain(into buffer: UnsafeMutableRawBufferPointer) throws(TextError) -> Int {
    while true {
      #if canImport(Glibc)
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      #else
        let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
      #endif
      if count >= 0 { return count }
      if errno != EINTR {
        throw .system(.inputOutput, file: path, operation: "read", code: errno)
      }
    }
  }

  private func failure(
    _ kind: TextError.Kind, _ found: String, hint: String? = nil
  ) -> TextError {
    TextError(kind, file: path, found: found, hint: hint)
  }
}
