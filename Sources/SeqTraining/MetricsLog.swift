internal import Foundation
internal import SeqCheckpoints

/// `metrics.jsonl`: one JSON object a line, appended; on resuming, what came after the checkpoint
/// is cut off, so that every step stands there once.
final class MetricsLog {
  let path: String
  private let file: FileHandle
  private(set) var byteCount: Int

  /// Opens the file, made when it is missing, and cuts it to the bytes to keep of an earlier session.
  ///
  /// Fewer are kept when the file was shortened since, and then ``byteCount`` says how many.
  init(path: String, keeping byteCount: Int) throws {
    self.path = path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw TrainingError.unwritable(path: path, reason: String(cString: strerror(errno)))
    }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      self.byteCount = min(byteCount, Int(try file.seekToEnd()))
      try file.truncate(atOffset: UInt64(self.byteCount))
      try file.seekToEnd()
    } catch { throw TrainingError.unwritable(path: path, reason: error.localizedDescription) }
  }

  func append(_ line: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    var bytes = try encoder.encode(line)
    bytes.append(UInt8(ascii: "\n"))
    do { try file.write(contentsOf: bytes) } catch {
      throw TrainingError.unwritable(path: path, reason: error.localizedDescription)
    }
    byteCount += bytes.count
  }

  /// Makes sure the lines outlive a crash of the machine.
  func synchronize() { try? file.synchronize() }
}
