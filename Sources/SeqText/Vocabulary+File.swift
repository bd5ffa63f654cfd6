import Foundation

// One piece a line, the line number less one its id. A backslash, a line feed, a carriage return
// and a tab are written \\, \n, \r and \t.
extension Vocabulary {
  /// The text of a `.vocab` file.
  var fileContents: [UInt8] {
    var contents: [UInt8] = []
    for piece in pieces {
      for byte in piece {
        switch byte {
        case 0x5C: contents += [0x5C, 0x5C]
        case 0x0A: contents += [0x5C, 0x6E]
        case 0x0D: contents += [0x5C, 0x72]
        case 0x09: contents += [0x5C, 0x74]
        default: contents.append(byte)
        }
      }
      contents.append(0x0A)
    }
    return contents
  }

  /// Reads a `.vocab` file.
  ///
  /// - Throws: ``TextError`` when the file cannot be read, holds an unknown escape, or does not
  ///   begin with the four special tokens.
  init(file: URL) throws(TextError) {
    let reader = try LineReader(path: file.path)
    var pieces: [[UInt8]] = []
    while let line = try reader.next() {
      pieces.append(try Vocabulary.unescaped(line, file: file.path, line: pieces.count + 1))
    }
    let names = SpecialTokens.standardNames.map { Array($0.utf8) }
    guard pieces.starts(with: names) else {
      throw TextError(
        .badData, file: file.path, line: 1,
        found:
          "the vocabulary begins with \(pieces.prefix(4).map { String(decoding: $0, as: UTF8.self) })",
        expected: "\(SpecialTokens.standardNames), one a line")
    }
    self.init(pieces: pieces)
  }

  private static func unescaped(
    _ text: [UInt8], file: String, line: Int
  ) throws(TextError) -> [UInt8] {
    guard text.contains(0x5C) else { return text }
    var piece: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index] != 0x5C {
        piece.append(text[index])
        index += 1
        continue
      }
      switch index + 1 < text.count ? text[index + 1] : 0 {
      case 0x5C: piece.append(0x5C)
      case 0x6E: piece.append(0x0A)
      case 0x72: piece.append(0x0D)
      case 0x74: piece.append(0x09)
      default:
        throw TextError(
          .badData, file: file, line: line,
          found: "a backslash before something else in the piece "
            + "'\(String(decoding: text, as: UTF8.self))'",
          expected: "\\\\, \\n, \\r or \\t")
      }
      index += 2
    }
    return piece
  }
}
