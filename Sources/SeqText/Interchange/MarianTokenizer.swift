/// One side of a MarianMT model: the pieces of a SentencePiece model, numbered by a `vocab.json`.
///
/// Ids are those of `MarianTokenizer` in Hugging Face's transformers without its optional
/// punctuation rules. A text may begin with a language code, as in `>>fra<< Hello`. What the decoder
/// starts from is padding.
public struct MarianTokenizer: Tokenizer {
  /// The pieces of `vocab.json`; padding, end and unknown by their names in it.
  public let vocabulary: Vocabulary
  private let segmenter: SentencePieceTokenizer
  /// The bytes of `vocab.json`.
  package let vocabularyFile: [UInt8]
  /// By the model's id the vocabulary's.
  private let ids: [Int32]
  private let pieceIDs: PieceTrie
  private let matcher: AddedTokenMatcher

  /// Puts a side together from the bytes of its SentencePiece model and of its `vocab.json`.
  ///
  /// - Throws: ``TextError`` when one of them is damaged, or the vocabulary has no `<pad>`, `</s>`
  ///   or `<unk>`; the error names the file that `files` gives for it.
  public init(
    serializedModel: [UInt8], vocabulary json: [UInt8],
    files: (model: String?, vocabulary: String?) = (nil, nil)
  ) throws(TextError) {
    let segmenter = try SentencePieceTokenizer(
      serializedModel: serializedModel, specialTokens: .own, file: files.model)
    let node = try JSONNode(json, file: files.vocabulary)
    let (trie, pieces) = try SubwordModel.vocabulary(node)
    func id(_ name: String) throws(TextError) -> Int32 {
      let id = trie.id(of: name.utf8)
      if id == PieceTrie.none { throw node.problem("no piece '\(name)'") }
      return id
    }
    let padding = try id("<pad>")
    let special = SpecialTokens(
      padding: padding, beginning: padding, end: try id("</s>"), unknown: try id("<unk>"))
    self.segmenter = segmenter
    vocabularyFile = json
    pieceIDs = trie
    vocabulary = Vocabulary(pieces: pieces, specialTokens: special)
    ids = segmenter.vocabulary.pieces.map { piece in
      let id = trie.id(of: piece)
      return id == PieceTrie.none ? special.unknown : id
    }
    matcher = AddedTokenMatcher(
      Set([special.padding, special.end, special.unknown]).map {
        AddedToken(id: $0, content: pieces[Int($0)], isSpecial: true)
      })
  }

  /// The bytes of the SentencePiece model.
  package var serializedModel: [UInt8] { segmenter.serializedModel }

  /// The ids that `MarianTokenizer` gives without the end token.
  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    var ids: [Int32] = []
    matcher.forEachPart(of: text) { range, token in
      if let token { ids.append(token) } else { append(text[range], to: &ids) }
    }
    return ids
  }

  private func append(_ text: Slice<UnsafeBufferPointer<UInt8>>, to ids: inout [Int32]) {
    var rest = UnsafeBufferPointer(rebasing: text)
    if let count = MarianTokenizer.languageCodeCount(rest) {
      let id = pieceIDs.id(of: rest[..<count])
      ids.append(id == PieceTrie.none ? vocabulary.specialTokens.unknown : id)
      rest = UnsafeBufferPointer(rebasing: rest[count...])
    }
    let pieces = segmenter.encode(rest)
    guard pieces.contains(segmenter.vocabulary.specialTokens.unknown) else {
      return ids += pieces.map { self.ids[Int($0)] }
    }
    // What one model does not know, the vocabulary of both may.
    for piece in segmenter.pieces(of: rest) {
      let id = pieceIDs.id(of: piece)
      ids.append(id == PieceTrie.none ? vocabulary.specialTokens.unknown : id)
    }
  }

  /// The bytes of `>>…<<` at the beginning of a text, nil when there is none.
  private static func languageCodeCount(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard text.starts(with: ">>".utf8) else { return nil }
    let end = text.indices.dropFirst(2).dropLast().first { index in
      text[index] == UInt8(ascii: "<") && text[index + 1] == UInt8(ascii: "<")
    }
    return end.map { $0 + 2 }
  }

  /// The text of the pieces, without spaces at its ends.
  public func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8] {
    let special = vocabulary.specialTokens
    var bytes: [UInt8] = []
    for id in ids where !special.isSilent(id) && vocabulary.pieces.indices.contains(Int(id)) {
      bytes += id == special.unknown ? unknownMark : vocabulary.pieces[Int(id)]
    }
    let text = SegmentationText.text(ofPieces: bytes)
    let start = text.firstIndex { $0 != 0x20 } ?? text.endIndex
    let end = text.lastIndex { $0 != 0x20 } ?? text.endIndex
    return start < text.endIndex ? Array(text[start...end]) : []
  }

  /// A piece that begins with ▁ begins a word.
  public func words(of ids: [Int32]) -> [Int] {
    SegmentationText.words(of: ids, in: vocabulary)
  }
}

extension MarianTokenizer: StoredTokenizer {
  var storedFiles: [(suffix: String, contents: [UInt8])] {
    [("spm", serializedModel), ("vocab.json", vocabularyFile)]
  }
}
