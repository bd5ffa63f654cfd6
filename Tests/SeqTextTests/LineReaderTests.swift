import Foundation
import SeqText
import Testing

@Suite struct LineReaderTests {
  static func lines(_ path: String) throws(TextError) -> [String] {
    let reader = try LineReader(path: path)
    var lines: [String] = []
    while let line = try reader.next() {
      lines.append(String(decoding: line, as: UTF8.self))
      if reader.lineNumber != lines.count {
        throw TextError(.badData, found: "line number \(reader.lineNumber) after \(lines.count)")
      }
    }
    return lines
  }

  static func fixture(_ name: String) throws -> [UInt8] {
    let file = try #require(
      Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
    return Array(try Data(contentsOf: file))
  }

  static let fixtureLines = ["one", "two", "three", "", "five without an end"]

  @Test(
    "Lines end at line feeds alone, one carriage return before them removed",
    arguments: [
      ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\n\n", ["a", ""]),
      ("a\r\nb\r\r\nc\r", ["a", "b\r", "c"]), ("a\u{2028}b\u{85}c\rd\n", ["a\u{2028}b\u{85}c\rd"]),
      ("\n\nx", ["", "", "x"]),
    ])
  func ends(text: String, expected: [String]) throws {
    let directory = try TemporaryDirectory()
    let lines = try LineReaderTests.lines(try directory.write("t.txt", text))
    #expect(lines.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
  }

  @Test("Lines of any length around the buffer's size come whole")
  func longLines() throws {
    let directory = try TemporaryDirectory()
    let lengths = [0, 65_535, 65_536, 65_537, 1, 200_000, 65_534, 65_536, 3]
    let text = lengths.map { String(repeating: "x", count: $0) }.joined(separator: "\n")
    #expect(try LineReaderTests.lines(try directory.write("t", text)).map(\.count) == lengths)
  }

  @Test("A .gz file is decompressed, several members and zero padding too")
  func gzip() throws {
    let directory = try TemporaryDirectory()
    let member = try LineReaderTests.fixture("lines.txt.gz")
    #expect(
      try LineReaderTests.lines(try directory.write("a.gz", member)) == LineReaderTests.fixtureLines
    )
    let twice = try LineReaderTests.lines(try directory.write("b.gz", member + member))
    var expected = LineReaderTests.fixtureLines + LineReaderTests.fixtureLines.dropFirst()
    expected[4] += "one"
    #expect(twice == expected)
    let padded = member + [UInt8](repeating: 0, count: 100_000)
    #expect(
      try LineReaderTests.lines(try directory.write("c.gz", padded)) == LineReaderTests.fixtureLines
    )
    let many = [[UInt8]](repeating: member, count: 3000).flatMap { $0 }
    #expect(try LineReaderTests.lines(try directory.write("d.gz", many)).count == 4 * 3000 + 1)
  }

  @Test("A .gz file that is cut short, damaged or no gzip at all is an error that names it")
  func damagedGzip() throws {
    let directory = try TemporaryDirectory()
    let member = try LineReaderTests.fixture("lines.txt.gz")
    for length in [0, 1, 5, 12, member.count / 2, member.count - 8, member.count - 1] {
      let path = try directory.write("cut.gz", member.prefix(length))
      let error = #expect(throws: TextError.self) { try LineReaderTests.lines(path) }
      #expect(error?.found == "the gzip data ends in the middle", "\(length)")
      #expect(error?.file == path)
    }
    let secondCut = try directory.write("second.gz", member + member.dropLast(4))
    #expect(throws: TextError.self) { try LineReaderTests.lines(secondCut) }
    var flipped = member
    flipped[member.count - 6] ^= 0xFF
    let badSum = #expect(throws: TextError.self) {
      try LineReaderTests.lines(try directory.write("sum.gz", flipped))
    }
    #expect(badSum?.kind == .badData)
    let plain = #expect(throws: TextError.self) {
      try LineReaderTests.lines(try directory.write("plain.gz", "not compressed\n"))
    }
    #expect(plain?.found.contains("not valid gzip data") == true)
  }

  @Test("A byte order mark is no part of the first line, and text of any other")
  func byteOrderMark() throws {
    let directory = try TemporaryDirectory()
    let mark = "\u{FEFF}"
    let path = try directory.write("t", "\(mark)a\r\n\(mark)b\n")
    #expect(try LineReaderTests.lines(path) == ["a", "\(mark)b"])
    #expect(try LineReaderTests.lines(directory.write("t", mark)) == [""])
  }

  @Test("A missing file and a folder are errors that name them")
  func missing() throws {
    let directory = try TemporaryDirectory()
    let missing = #expect(throws: TextError.self) {
      try LineReader(path: directory.url.appendingPathComponent("none").path)
    }
    #expect(missing?.kind == .missingInput)
    #expect(missing?.description.hasSuffix("No such file or directory. Check the path.") == true)
    let folder = #expect(throws: TextError.self) { try LineReaderTests.lines(directory.url.path) }
    #expect(folder?.file == directory.url.path)
  }

  @Test("A buffered line is known before it is asked for")
  func buffered() throws {
    let directory = try TemporaryDirectory()
    let reader = try LineReader(path: try directory.write("t", "a\nb\nc"))
    #expect(!reader.hasBufferedLine)
    _ = try reader.next()
    #expect(reader.hasBufferedLine)
    _ = try reader.next()
    #expect(!reader.hasBufferedLine)
  }

  @Test(
    "Ill-formed UTF-8 is found at its first byte",
    arguments: [
      ([0x61, 0x80], 1), ([0xC0, 0x80], 0), ([0xC3], 0), ([0xE0, 0x80, 0x80], 0),
      ([0xED, 0xA0, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF0, 0x8F, 0xBF, 0xBF], 0),
      ([0xF5, 0x80, 0x80, 0x80], 0), ([0x41, 0xE2, 0x82], 1), ([0xFE], 0),
      ([65, 66, 67, 68, 69, 70, 71, 72, 0xFF, 65, 66, 67, 68, 69, 70, 71], 8),
    ] as [([UInt8], Int)])
  func illFormed(bytes: [UInt8], offset: Int) {
    #expect(bytes.withUnsafeBufferPointer { $0.invalidUTF8Offset } == offset)
  }

  @Test("The check agrees with the standard library's on random bytes and on all scalars")
  func validation() {
    for number in 0..<20_000 {
      let draws = CountedDraws(key: UInt64(number))
      var bytes = SyntheticText.anything(number)
      if !bytes.isEmpty, number % 2 == 0 {
        bytes[draws.integer(below: bytes.count, at: 0)] = UInt8(draws.integer(below: 256, at: 1))
      }
      let isValid = String(validating: bytes, as: UTF8.self) != nil
      #expect((bytes.withUnsafeBufferPointer { $0.invalidUTF8Offset } == nil) == isValid)
    }
    let scalars = (0...0x10FFFF).compactMap { Unicode.Scalar(UInt32($0)) }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    let all = Array(String(view).utf8)
    #expect(all.withUnsafeBufferPointer { $0.invalidUTF8Offset } == nil)
  }
}
