internal import Foundation
internal import SeqCheckpoints
internal import SeqProtobufs
internal import SwiftProtobuf

/// A TensorBoard event file: scalars by step, in records with checksums.
///
/// Every session of a run writes a file of its own. The second record of a resumed session says at
/// which step it goes on; readers then discard what earlier files hold from that step on, so that
/// every step counts once.
package final class EventFile {
  package let path: String
  private let sink: FileSink

  /// Makes the next file of a directory.
  ///
  /// `step` is the first that this session may report. `now` is in seconds since 1970.
  ///
  /// - Throws: ``CheckpointError`` when the file cannot be made or written.
  package init(
    directory: String, step: Int, now: Double = Date().timeIntervalSince1970
  ) throws {
    // Readers take a run's files in the order of their names, so a later one needs a later time,
    // whatever the clock says.
    let earlier = Self.times(in: directory).max() ?? 0
    let time = max(Int(now), earlier + 1)
    let host = ProcessInfo.processInfo.hostName.filter { $0.isLetter || $0.isNumber || $0 == "-" }
    path = "\(directory)/\(Self.prefix)\(time).\(host.isEmpty ? "localhost" : host)"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw CheckpointError.system(.notCreated, path: path, operation: "create", code: errno)
    }
    sink = FileSink(descriptor: descriptor, path: path)
    try write(
      TensorBoardEvent.with {
        $0.wallTime = now
        $0.fileVersion = "brain.Event:2"
      })
    guard step > 1 else { return }
    try write(
      TensorBoardEvent.with {
        $0.wallTime = now
        $0.step = Int64(step)
        $0.sessionLog.status = .start
      })
  }

  private static let prefix = "events.out.tfevents."

  /// The times in the names of event files.
  private static func times(in directory: String) -> [Int] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).compactMap { name in
      guard name.hasPrefix(prefix) else { return nil }
      return Int(name.dropFirst(prefix.count).prefix { $0.isNumber })
    }
  }

  /// Adds a record with a value for each tag.
  ///
  /// - Throws: ``CheckpointError``, on a full disk for instance.
  package func append(
    step: Int, _ values: [(tag: String, value: Double)],
    now: Double = Date().timeIntervalSince1970
  ) throws {
    try write(
      TensorBoardEvent.with {
        $0.wallTime = now
        $0.step = Int64(step)
        $0.summary.value = values.map { tag, value in
          TensorBoardSummary.Value.with {
            $0.tag = tag
            $0.simpleValue = Float(value)
          }
        }
      })
  }

  private func write(_ event: TensorBoardEvent) throws {
    let message: [UInt8] = try event.serializedBytes()
    try sink.write(Self.record(of: message))
  }

  /// A TFRecord: length, its checksum, the message, its checksum; integers in little-endian order.
  package static func record(of message: [UInt8]) -> [UInt8] {
    func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    let length = bytes(UInt64(message.count))
    return length + bytes(CyclicRedundancyCheck.maskedChecksum(length)) + message
      + bytes(CyclicRedundancyCheck.maskedChecksum(message))
  }
}
