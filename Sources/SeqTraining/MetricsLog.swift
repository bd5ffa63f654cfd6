internal import Foundation
internal import SeqCheckpoints

/// `metrics.jsonl`: one JSON object a line, appended; on resuming, what came after the checkpoint
/// is cut off, so that every step stands there once.
///
/// The same numbers go into an event file for TensorBoard.
final class MetricsLog {
  let path: String
  private let descriptor: Int32
  /// Writes through the descriptor, and closes it when it goes.
  private let sink: FileSink
  private let events: EventFile
  private(set) var byteCount: Int

  /// Opens the file, made when it is missing, and cuts it to the bytes to keep of an earlier session.
  ///
  /// Fewer are kept when the file was shortened since, and then ``byteCount`` says how many. The
  /// event file begins beside it, for the steps after `step`.
  init(path: String, keeping byteCount: Int, after step: Int) throws {
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
    events = try EventFile(
      directory: URL(fileURLWithPath: path).deletingLastPathComponent().path, step: step + 1)
  }

  func append(_ line: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    var bytes = try encoder.encode(line)
    let numbers = try MetricsHistory.numbers(inLine: bytes)
    bytes.append(UInt8(ascii: "\n"))
    do { try sink.write(Array(bytes)) } catch {
      // A full disk may have taken a part of the line.
      ftruncate(descriptor, off_t(byteCount))
      throw error
    }
    byteCount += bytes.count
    guard let step = numbers["step"] else { return }
    // TensorBoard shows what stands before a slash as a group of its own.
    let validation = "validation_"
    let values = numbers.filter { $0.key != "step" }.sorted { $0.key < $1.key }.map { key, value in
      let isValidation = key.hasPrefix(validation)
      let tag = isValidation ? "validation/" + key.dropFirst(validation.count) : key
      return (tag: tag, value: value)
    }
    // Where a validation has a line of its own, its epoch and time are those of the report's.
    let isValidation = values.contains { $0.tag.hasPrefix("validation/") }
    let shared = ["epoch", "elapsed_seconds"]
    try events.append(
      step: Int(step), values.filter { !isValidation || !shared.contains($0.tag) })
  }

  /// Makes sure the lines outlive a crash of the machine.
  func synchronize() { fsync(descriptor) }
}
