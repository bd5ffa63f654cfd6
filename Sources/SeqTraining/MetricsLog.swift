internal import Foundation
internal import SeqCheckpoints

/// `metrics.jsonl`: one JSON object a line, appended; on resuming, what came after the checkpoint
/// is cut off, so that every step stands there once.
final class MetricsLog {
  let path: String
  private let file: FileHandle
  private(set) var byteCount: Int

  /// - Parameter byteCount: Bytes to keep of an earlier session.
  init(path: String, keeping byteCount: Int) throws {
    self.path = path
    self.byteCount = byteCount
    if !FileManager.default.fileExists(atPath: path) {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw TrainingError.unwritable(path: path, reason: "cannot be created")
      }
    }
    guard let file = FileHandle(forUpdatingAtPath: path) else {
      throw TrainingError.unwritable(path: path, reason: "cannot be opened for writing")
    }
    self.file = file
    do {
      try file.truncate(atOffset: UInt64(byteCount))
      try file.seekToEnd()
    } catch { throw TrainingError.unwritable(path: path, reason: "\(error)") }
  }

  func append(_ line: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    var bytes = try encoder.encode(line)
    bytes.append(UInt8(ascii: "\n"))
    do { try file.write(contentsOf: bytes) } catch {
      throw TrainingError.unwritable(path: path, reason: "\(error)")
    }
    byteCount += bytes.count
  }

  /// Makes sure the lines outlive a crash of the machine.
  func synchronize() { try? file.synchronize() }
}
