internal import Foundation
internal import SeqCheckpoints

/// `metrics.jsonl`: one JSON object a line, appended; on resuming, what came after the checkpoint
/// is cut off, so that every step stands there once.
final class MetricsLog {
  let path: String
  private let descriptor: Int32
  /// Writes through the descriptor, and closes it when it goes.
  private let sink: FileSink
  private(set) var byteCount: Int

  /// Opens the file, made when it is missing, and cuts it to the bytes to keep of an earlier session.
  ///
  /// Fewer are kept when the file was shortened since, and then ``byteCount`` says how many.
  init(path: String, keeping byteCount: Int) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw CheckpointError.system(.notCreated, path: path, operation: "create", code: errno)
    }
    sink = FileSink(descriptor: descriptor, path: path)
    let end = lseek(descriptor, 0, SEEK_END)
    self.byteCount = min(byteCount, Int(end))
    guard end >= 0, ftruncate(descriptor, off_t(self.byteCount)) == 0,
      lseek(descriptor, 0, SEEK_END) >= 0
    else { throw CheckpointError.system(.notWritten, path: path, operation: "write", code: errno) }
  }

  func append(_ line: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    var bytes = try encoder.encode(line)
    bytes.append(UInt8(ascii: "\n"))
    do { try sink.write(Array(bytes)) } catch {
      // A full disk may have taken a part of the line.
      ftruncate(descriptor, off_t(byteCount))
      throw error
    }
    byteCount += bytes.count
  }

  /// Makes sure the lines outlive a crash of the machine.
  func synchronize() { fsync(descriptor) }
}
