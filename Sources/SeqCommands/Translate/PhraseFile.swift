import Foundation
package import SeqKit

/// Words and phrases as the target's tokens.
///
/// A phrase that begins with ▁, and the unknown token's name, is one token, spelled as
/// `tokenizer encode` writes it; any other is cut into tokens as text is.
package struct PhraseReader {
  private let codec: TextCodec
  private let spelling: PieceSpelling
  private let unknown: Int32
  /// Nil where the vocabulary has no unknown token.
  private let unknownName: [UInt8]?

  /// Reads phrases for the target side of a codec.
  package init(_ codec: TextCodec) {
    self.codec = codec
    unknown = codec.target.vocabulary.specialTokens.unknown
    spelling = PieceSpelling(codec.target)
    unknownName = unknown == SpecialTokens.none ? nil : spelling.spelling(of: unknown)
  }

  /// The tokens of a phrase, nil if part of it is outside the vocabulary.
  package func tokens(of phrase: [UInt8]) -> [Int32]? {
    let isToken = phrase.starts(with: "▁".utf8) || phrase == unknownName
    if isToken, let token = spelling.id(of: phrase) { return [token] }
    let tokens = codec.target.encode(phrase)
    return isToken || tokens.contains(unknown) ? nil : tokens
  }
}

/// Words and phrases from a file, one a line.
struct PhraseFile {
  /// What becomes of a phrase with text outside the vocabulary.
  enum UnknownText {
    /// It is left out, with a note: it cannot come anyway.
    case passedOver
    /// It is an error: it must come and cannot.
    case refused
  }

  /// The tokens of each.
  let phrases: [[Int32]]

  /// Reads the file.
  ///
  /// - Throws: ``TextError`` when the file cannot be read, or a line is not UTF-8 or refused.
  init(path: String, codec: TextCodec, unknown treatment: UnknownText) throws {
    let reader = try LineReader(path: path)
    let phraseReader = PhraseReader(codec)
    var phrases: [[Int32]] = []
    while let line = try reader.next() {
      if line.isEmpty { continue }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw TextError(
          .badData, file: path, line: reader.lineNumber, found: "not valid UTF-8",
          expected: "a word or phrase a line")
      }
      if let phrase = phraseReader.tokens(of: line) {
        phrases.append(phrase)
        continue
      }
      switch treatment {
      case .passedOver:
        Console.note(
          "\(path):\(reader.lineNumber): '\(text)' is outside the vocabulary, so it cannot come "
            + "anyway")
      case .refused:
        throw TextError(
          .badData, file: path, line: reader.lineNumber,
          found: "'\(text)', which is outside the vocabulary",
          expected: "words that the model can write")
      }
    }
    self.phrases = phrases
  }
}
