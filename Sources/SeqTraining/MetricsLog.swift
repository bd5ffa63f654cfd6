internal import Foundation
internal import SeqCheckpoints

/// `metrics.jsonl`: one JSON object a line, appended; on resuming, what came after the checkpoint
/// is cut off, so that every step stands there once.
///
/// The same numbers go into an event file for TensorBoard.
final class MetricsLog {
  let path: String
  private let file: FileHandle
  private let events: EventFile
  private(set) var byteCount: Int

  /// Opens the file, made when it is missing, and cuts it to the bytes to keep of an earlier session.
  ///
  /// Fewer are kept when the file was shortened since, and then ``byteCount`` says how many. The
  /// event file begins beside it, for the steps after `step`.
  init(path: String, keeping byteCount: Int, after step: Int) throws {
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
    do { try file.write(contentsOf: bytes) } catch {
      throw TrainingError.unwritable(path: path, reason: error.localizedDescription)
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
  func synchronize() { try? file.synchronize() }
}
