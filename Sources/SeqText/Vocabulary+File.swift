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
  /// - Throws: ``TextError`` when the file cannot be read, does not begin with the four special
  ///   tokens, or holds an unknown escape, bytes that are not UTF-8, or a piece twice.
  init(file: URL) throws(TextError) {
    // Made once: a URL composes its path anew every time, which took longer than all pieces.
    let path = file.path
    let reader = try LineReader(path: path)
    var pieces: [[UInt8]] = []
    let names = SpecialTokens.standardNames.map { Array($0.utf8) }
    func damaged(_ found: String, _ expected: String) -> TextError {
      TextError(
        .badData, file: path, line: reader.lineNumber, found: found, expected: expected,
        hint: "Take the file anew from where the model came from.")
    }
    while let line = try reader.next() {
      let piece = try Vocabulary.unescaped(line, file: path, line: reader.lineNumber)
      if pieces.count < names.count, piece != names[pieces.count] {
        throw damaged("no vocabulary", "'\(SpecialTokens.standardNames[pieces.count])'")
      }
      if let offset = piece.withUnsafeBufferPointer({ $0.invalidUTF8Offset }) {
        throw damaged("not UTF-8 at byte \(offset + 1)", "a piece of text")
      }
      pieces.append(piece)
    }
    if pieces.count < names.count {
      throw damaged(
        "a vocabulary of \(pieces.count) lines", "\(names.count) special tokens and the pieces")
    }
    self.init(pieces: pieces)
    // Text may spell a special token's name; that is another piece.
    for (position, piece) in pieces.enumerated().dropFirst(names.count) {
      guard let first = id(of: piece), Int(first) < position else { continue }
      throw TextError(
        .badData, file: path, line: position + 1,
        found: "the piece of line \(first + 1) again",
        expected: "every piece once", hint: "Take the file anew from where the model came from.")
    }
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
