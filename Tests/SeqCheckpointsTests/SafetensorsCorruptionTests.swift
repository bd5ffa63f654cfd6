import Foundation
import Testing

import SeqCheckpoints

/// Whatever stands in a file, reading it gives the tensors or an error that says why not.
struct SafetensorsCorruptionTests {
  typealias Reason = CheckpointError.Reason

  /// A header, and how many zero bytes of tensors follow it.
  struct Damage: CustomTestStringConvertible, Sendable {
    var header: String
    var dataSize = 4
    var reason: Reason
    /// What the message must say.
    var says: String
    var testDescription: String { "\(reason): \(header)" }
  }

  private static func tensor(
    _ name: String = "w", type: String = "F32", shape: String = "[1]", offsets: String = "[0,4]"
  ) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  static let damages = [
    Damage(
      header: "", reason: .malformedHeader, says: "found the header's end at byte 8, expected '{'"),
    Damage(header: "[]", reason: .malformedHeader, says: "found '[' at byte 8, expected '{'"),
    Damage(header: " {}", dataSize: 0, reason: .malformedHeader, says: "found the byte 32"),
    Damage(header: "{} x", dataSize: 0, reason: .malformedHeader, says: "the end of the header"),
    Damage(header: "{\(tensor()),}", reason: .malformedHeader, says: "expected '\"'"),
    Damage(header: "{\(tensor())", reason: .malformedHeader, says: "expected ',' or '}'"),
    Damage(
      header: "{\"w\":3}", reason: .malformedHeader, says: "found '3' at byte 13, expected '{'"),
    Damage(header: "{\"w\":{}}", reason: .malformedHeader, says: "an incomplete tensor"),
    Damage(
      header: "{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}", reason: .malformedHeader,
      says: "an incomplete tensor"),
    Damage(
      header: "{\(tensor(offsets: "[0,4,8]"))}", reason: .malformedHeader,
      says: "two data_offsets"),
    Damage(
      header: "{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", reason: .malformedHeader,
      says: "the key 'dtype'"),
    Damage(
      header: "{\"w\":{\"strides\":[1]}}", reason: .malformedHeader, says: "the key 'strides'"),
    Damage(header: "{\(tensor(shape: "[-1]"))}", reason: .malformedHeader, says: "a whole number"),
    Damage(header: "{\(tensor(shape: "[01]"))}", reason: .malformedHeader, says: "a whole number"),
    Damage(header: "{\(tensor(shape: "[1.0]"))}", reason: .malformedHeader, says: "',' or ']'"),
    Damage(
      header: "{\(tensor(shape: "[99999999999999999999]"))}", reason: .malformedHeader,
      says: "a number beyond 64 bits"),
    Damage(header: "{\"\\ud800\":{}}", reason: .malformedHeader, says: "half of a surrogate pair"),
    Damage(header: "{\"\\x\":{}}", reason: .malformedHeader, says: "one of \\\""),
    Damage(header: "{\"\n\":{}}", reason: .malformedHeader, says: "the byte 10"),
    Damage(
      header: "{\"__metadata__\":{\"a\":1}}", dataSize: 0, reason: .malformedHeader,
      says: "found '1'"),
    Damage(
      header: "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", dataSize: 0, reason: .duplicateName,
      says: "the metadata key 'a' twice"),
    Damage(
      header: "{\(tensor()),\(tensor())}", reason: .duplicateName, says: "the name 'w' twice"),
    Damage(
      header: "{\(tensor()),\(tensor("\\u0077"))}", reason: .duplicateName,
      says: "the name 'w' twice"),
    Damage(
      header: "{\(tensor(type: "F31"))}", reason: .unknownElementType,
      says: "tensor 'w': found the element type 'F31', expected one of F64 F32 F16 BF16"),
    Damage(
      header: "{\(tensor(shape: "[4611686018427387904,4]"))}", reason: .invalidShape,
      says: "the shape [4611686018427387904, 4]"),
    Damage(
      header: "{\(tensor(offsets: "[4,0]"))}", reason: .invalidOffsets, says: "data_offsets [4, 0]"),
    Damage(
      header: "{\(tensor(shape: "[2]"))}", reason: .invalidOffsets,
      says: "found data_offsets [0, 4], expected 8 bytes (shape [2] of F32)"),
    Damage(
      header: "{\(tensor()),\(tensor("v", offsets: "[8,12]"))}", dataSize: 12, reason: .hole,
      says: "tensor 'v': found a start at data byte 8, expected 4"),
    Damage(
      header: "{\(tensor(offsets: "[4,8]"))}", dataSize: 8, reason: .hole,
      says: "found a start at data byte 4, expected 0"),
    Damage(
      header: "{\(tensor()),\(tensor("v", offsets: "[2,6]"))}", dataSize: 6, reason: .overlap,
      says: "tensor 'v': found a start at data byte 2, expected 4"),
    Damage(
      header: "{\(tensor()),\(tensor("v"))}", reason: .overlap, says: "expected 4"),
    Damage(
      header: "{\(tensor())}", dataSize: 3, reason: .wrongFileSize,
      says: "found 3 bytes of tensors, expected 4, as the header says; the file was cut off"),
    Damage(
      header: "{\(tensor())}", dataSize: 5, reason: .wrongFileSize,
      says: "found 5 bytes of tensors, expected 4"),
    Damage(header: "{}", dataSize: 1, reason: .wrongFileSize, says: "found 1 bytes"),
  ]

  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("damaged.safetensors")
  }

  private func error(reading bytes: [UInt8]) throws -> CheckpointError? {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    do throws(CheckpointError) {
      _ = try SafetensorsFile(path: path)
      return nil
    } catch {
      return error
    }
  }

  private func file(header: [UInt8], length: UInt64? = nil, dataSize: Int) -> [UInt8] {
    let length = length ?? UInt64(header.count)
    return withUnsafeBytes(of: length.littleEndian) { Array($0) } + header
      + [UInt8](repeating: 0, count: dataSize)
  }

  @Test("each kind of damage has its error", arguments: damages)
  func damage(_ damage: Damage) throws {
    let bytes = file(header: Array(damage.header.utf8), dataSize: damage.dataSize)
    let error = try #require(try error(reading: bytes))
    #expect(error.reason == damage.reason)
    #expect(error.description.contains(damage.says), "\(error)")
    #expect(error.description.hasPrefix("\(path): "))
  }

  @Test("names that are not UTF-8 are refused")
  func notUTF8() throws {
    let header = Array("{\"".utf8) + [0xC3, 0x28] + Array("\":{}}".utf8)
    let error = try #require(try error(reading: file(header: header, dataSize: 0)))
    #expect(error.reason == .malformedHeader)
    #expect(error.found == "bytes that are not UTF-8 at byte 12")
  }

  @Test("a header's length is not believed: neither beyond the limit nor beyond the file")
  func headerLength() throws {
    let oversized = try error(reading: file(header: [], length: 100_000_001, dataSize: 0))
    #expect(oversized?.reason == .oversizedHeader)
    #expect(oversized?.found == "a header of 100000001 bytes")
    let absurd = try error(reading: file(header: [], length: .max, dataSize: 0))
    #expect(absurd?.reason == .oversizedHeader)
    let cut = try error(reading: file(header: [], length: 100_000_000, dataSize: 3))
    #expect(cut?.reason == .truncatedHeader)
    #expect(cut?.found == "11 bytes")
    #expect(try error(reading: [])?.reason == .truncatedHeader)
  }

  @Test("whitespace that JSON allows is allowed, and a header without tensors is a file")
  func whitespace() throws {
    let header =
      "{ \"w\" :\t{ \"shape\" : [ ] , \"data_offsets\":[ 0 , 4 ], \"dtype\":\"F32\" }\n}  "
    #expect(try error(reading: file(header: Array(header.utf8), dataSize: 4)) == nil)
    #expect(try error(reading: file(header: Array("{}".utf8), dataSize: 0)) == nil)
  }

  private func soundFile() throws -> [UInt8] {
    try SafetensorsFile.write(
      [
        (name: "weight", shape: [2, 2], values: [1, 2, 3, 4]), (name: "b", shape: [1], values: [5]),
      ],
      metadata: ["format": "pt"], to: path)
    return try bytes(ofFile: path)
  }

  @Test("a file cut off anywhere is an error, never a crash")
  func truncations() throws {
    let sound = try soundFile()
    for count in sound.indices {
      let error = try #require(try error(reading: Array(sound[..<count])), "\(count) bytes")
      #expect(
        [.truncatedHeader, .wrongFileSize].contains(error.reason), "\(count) bytes: \(error)")
    }
  }

  @Test("a wrong byte anywhere in the header gives an error or another sound file, never a crash")
  func wrongBytes() throws {
    let sound = try soundFile()
    let headerEnd = sound.count - 20
    var refusedCount = 0
    for index in 0..<headerEnd {
      for replacement in Array("\0 \"{}[]:,\\019wF\u{7F}".utf8) + [0x80, 0xC3, 0xFF] {
        var damaged = sound
        damaged[index] = replacement
        damaged.withUnsafeBytes { file in
          // In memory: the header is all that opening a file reads.
          if (try? SafetensorsHeader(file, path: path)) == nil { refusedCount += 1 }
        }
      }
    }
    #expect(refusedCount > 10 * headerEnd)
  }

  @Test("no file, a folder, and a special file are told apart")
  func unreadable() throws {
    let missing = #expect(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
    #expect(missing?.reason == .missing)
    #expect(
      missing?.description
        == "\(path): could not open it: No such file or directory (errno 2); check the path")
    let directory = #expect(throws: CheckpointError.self) {
      try SafetensorsFile(path: folder.path)
    }
    #expect(directory?.reason == .unreadable)
    #expect(directory?.found == "a folder")
    let device = #expect(throws: CheckpointError.self) { try SafetensorsFile(path: "/dev/null") }
    #expect(device?.reason == .unreadable)
  }
}
