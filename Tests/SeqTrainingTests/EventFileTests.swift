import Foundation
import SeqTraining
import Testing

/// Event files byte by byte, against TensorBoard's own writer.
@Suite struct EventFileTests {
  /// The vectors of RFC 3720, appendix B.4, and the usual check of nine digits.
  static let vectors: [([UInt8], UInt32)] = [
    (Array("123456789".utf8), 0xE306_9283),
    (Array(repeating: 0, count: 32), 0x8A91_36AA),
    (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
    (Array(0..<32), 0x46DD_794E),
    ([], 0),
  ]

  @Test(arguments: vectors)
  func checksums(bytes: [UInt8], expected: UInt32) {
    #expect(CyclicRedundancyCheck.checksum(bytes) == expected)
    let rotated = expected >> 15 | expected << 17
    #expect(CyclicRedundancyCheck.maskedChecksum(bytes) == rotated &+ 0xA282_EAD8)
  }

  /// What tensorboard 2.21's RecordWriter made of the same three events.
  @Test func asTensorBoardWritesThem() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(directory: folder.path, step: 31, now: 1_700_000_000.5)
    try file.append(
      step: 40, [(tag: "loss", value: 1.5), (tag: "validation/bleu", value: .nan)],
      now: 1_700_000_001.25)
    let found = try Data(contentsOf: URL(fileURLWithPath: file.path))
    let expected =
      "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b3531100f00000000"
      + "0000006d532b090900002040fc54d941101f3a020801217f83723200000000000000241956ec0900005040fc54"
      + "d94110282a250a0b0a046c6f7373150000c03f0a160a0f76616c69646174696f6e2f626c6575150000c07fa02b"
      + "899b"
    #expect(found.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == expected)
  }

  @Test func laterFilesHaveLaterNames() throws {
    let folder = try TemporaryFolder()
    // Within one second, and with a clock that was put back.
    let paths = try [1_700_000_000.9, 1_700_000_000.95, 1_600_000_000].map {
      try EventFile(directory: folder.path, step: 1, now: $0).path
    }
    #expect(paths == paths.sorted())
    #expect(Set(paths).count == 3)
  }
}

/// A folder that goes with this object.
final class TemporaryFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("seq2seq-tests-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
