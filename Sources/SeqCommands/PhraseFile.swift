import Foundation
import SeqKit

/// Words and phrases from a file, one a line, as the target's tokens.
struct PhraseFile {
  /// What no translation may hold.
  let phrases: [[Int32]]

  /// Reads the file; a phrase with text outside the vocabulary cannot come anyway and is passed over
  /// with a note.
  ///
  /// - Throws: ``TextError`` when the file cannot be read or a line is not UTF-8.
  init(path: String, codec: TextCodec) throws {
    let reader = try LineReader(path: path)
    let unknown = codec.target.vocabulary.specialTokens.unknown
    let spelling = PieceSpelling(codec.target)
    let unknownName = spelling.spelling(of: unknown)
    var phrases: [[Int32]] = []
    while let line = try reader.next() {
      if line.isEmpty { continue }
      guard String(validating: line, as: UTF8.self) != nil else {
        throw TextError(
          .badData, file: path, line: reader.lineNumber, found: "not valid UTF-8",
          expected: "a word or phrase a line")
      }
      let isToken = line.starts(with: "▁".utf8) || line == unknownName
      if isToken, let token = spelling.id(of: line) {
        phrases.append([token])
        continue
      }
      let phrase = codec.encodeTarget(line)
      if isToken || phrase.contains(unknown) {
        Console.note(
          "\(path):\(reader.lineNumber): '\(String(decoding: line, as: UTF8.self))' is outside the "
            + "vocabulary, so it cannot come anyway")
      } else {
        phrases.append(phrase)
      }
    }
    self.phrases = phrases
  }
}
