/// Writes pieces as words without spaces and reads them back, for eyes and for pipes.
///
/// A space is written ▁, and so SentencePiece's pieces stand as they are. In other vocabularies a ▁
/// of the text is written `\_`, the empty piece `\e`, bytes that are not UTF-8 as in `\xE2`; a
/// backslash is `\\`, tabs and carriage returns `\t` and `\r`, and a piece that reads like a
/// special token begins with `\.`.
public struct PieceSpelling: Sendable {
  private let spellings: [[UInt8]]
  private let ids: [[UInt8]: Int32]

  /// Spells the pieces of a tokenizer's vocabulary.
  public init(_ tokenizer: any Tokenizer) {
    let isSentencePiece = tokenizer is any StoredTokenizer
    let vocabulary = tokenizer.vocabulary
    let special = vocabulary.specialTokens
    let silent = special.all.filter { $0 != SpecialTokens.none }
    let names = silent.map { vocabulary.pieces[Int($0)] }
    spellings = vocabulary.pieces.enumerated().map { id, piece in
      if silent.contains(Int32(id)) { return piece }
      let spelling = PieceSpelling.spelled(piece, keepsSpaceMark: isSentencePiece)
      return names.contains(spelling) ? Array("\\.".utf8) + spelling : spelling
    }
    ids = Dictionary(
      spellings.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
  }

  /// A token's spelling: no spaces, never empty.
  ///
  /// - Precondition: The vocabulary has the token.
  public func spelling(of id: Int32) -> [UInt8] { spellings[Int(id)] }

  /// The token of a spelling, nil when there is none.
  public func id(of spelling: [UInt8]) -> Int32? { ids[spelling] }

  private static func spelled(_ piece: [UInt8], keepsSpaceMark: Bool) -> [UInt8] {
    if piece.isEmpty { return Array("\\e".utf8) }
    let isText = piece.withUnsafeBufferPointer { $0.invalidUTF8Offset } == nil
    var spelling: [UInt8] = []
    var rest = piece[...]
    while let byte = rest.first {
      var length = 1
      switch byte {
      case 0x20: spelling += SegmentationText.space
      case 0x5C: spelling += Array("\\\\".utf8)
      case 0x09: spelling += Array("\\t".utf8)
      case 0x0A: spelling += Array("\\n".utf8)
      case 0x0D: spelling += Array("\\r".utf8)
      default:
        if !keepsSpaceMark, rest.starts(with: SegmentationText.space) {
          spelling += Array("\\_".utf8)
          length = SegmentationText.space.count
        } else if !isText, byte >= 0x80 {
          spelling += Array("\\x\(String(byte, radix: 16, uppercase: true))".utf8)
        } else {
          spelling.append(byte)
        }
      }
      rest = rest.dropFirst(length)
    }
    return spelling
  }
}
