/// The tokenizer of a Hugging Face `tokenizer.json`: byte-pair encoding or unigram, with the steps
/// around them that such files describe.
///
///     let tokenizer = try HuggingFaceTokenizer(json: bytes, file: path)
///     let ids = tokenizer.encode("Hello world")
///
/// Ids are those of Hugging Face's `tokenizers` without special tokens; those are in ``frame``. As
/// there, added tokens are found in the text, also those that are special: text that reads `</s>`
/// becomes the end token.
public struct HuggingFaceTokenizer: Tokenizer {
  /// The model's pieces and the added tokens, spelled as the file has them.
  public let vocabulary: Vocabulary
  /// The bytes of the file.
  public let json: [UInt8]
  private let pipeline: TokenizerPipeline
  /// By id, whether a token is written as nothing.
  private let isSilent: [Bool]
  private let addedIDs: Set<Int32>

  /// Reads the bytes of a `tokenizer.json`.
  ///
  /// - Parameters:
  ///   - json: the file's bytes.
  ///   - specialTokens: which ids are padding, beginning, end and unknown, which the file does not
  ///     say; nil takes the usual names (`<pad>`, `<s>`, `</s>`, `<unk>`, and those in brackets).
  ///   - file: the path that errors name.
  /// - Throws: ``TextError`` when the file is damaged, or names a component that is not supported.
  public init(
    json: [UInt8], specialTokens: SpecialTokens? = nil, file: String? = nil
  ) throws(TextError) {
    let pipeline = try TokenizerPipeline(json: json, file: file)
    try self.init(
      pipeline, json: json, specialTokens: specialTokens ?? pipeline.usualSpecialTokens, file: file)
  }

  /// Takes what has been read of a file, and its bytes.
  init(
    _ pipeline: TokenizerPipeline, json: [UInt8], specialTokens special: SpecialTokens,
    file: String?
  ) throws(TextError) {
    try special.check(count: pipeline.pieces.count, file: file)
    self.json = json
    self.pipeline = pipeline
    vocabulary = Vocabulary(pieces: pipeline.pieces, specialTokens: special)
    addedIDs = Set(pipeline.addedTokens.map(\.id))
    var isSilent = pipeline.pieces.indices.map { special.isSilent(Int32($0)) }
    for token in pipeline.addedTokens where token.isSpecial { isSilent[Int(token.id)] = true }
    if special.unknown >= 0 { isSilent[Int(special.unknown)] = false }
    self.isSilent = isSilent
  }

  /// What the file's `post_processor` puts around a text.
  public var frame: TokenFrame? { pipeline.frame }

  /// The ids that Hugging Face's `tokenizers` gives without special tokens.
  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] { pipeline.ids(of: text) }

  /// The text as the file's `decoder` puts it together.
  public func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8] {
    let pieces = vocabulary.pieces
    let unknown = vocabulary.specialTokens.unknown
    return pipeline.text(
      of: ids.compactMap { id in
        guard pieces.indices.contains(Int(id)), !isSilent[Int(id)] else { return nil }
        if id == unknown { return unknownMark }
        return pipeline.normalizedSpellings[id] ?? pieces[Int(id)]
      })
  }

  /// A piece that begins with a space begins a word, or one behind the end of a word.
  public func words(of ids: [Int32]) -> [Int] {
    var word = -1
    var hasEnded = true
    return ids.map { id in
      let piece = vocabulary.pieces.indices.contains(Int(id)) ? vocabulary.pieces[Int(id)] : []
      if hasEnded || pipeline.beginsWord(piece) { word += 1 }
      // An added token stands for itself, and what follows it begins anew.
      hasEnded = pipeline.endsWord(piece) || addedIDs.contains(id)
      return word
    }
  }
}

extension HuggingFaceTokenizer: StoredTokenizer {
  var storedFiles: [(suffix: String, contents: [UInt8])] { [("tokenizer.json", json)] }
}

extension TokenizerPipeline {
  /// The id of a token by its spelling, nil when there is none.
  func id(of spelling: [UInt8]) -> Int32? {
    addedTokens.last { $0.content == spelling }?.id ?? model.id(of: spelling)
  }

  /// The special tokens by their usual names; what a decoder starts from is padding where there is
  /// no beginning, as in T5.
  var usualSpecialTokens: SpecialTokens {
    func first(_ names: String...) -> Int32? {
      names.lazy.compactMap { id(of: Array($0.utf8)) }.first
    }
    let padding = first("<pad>", "[PAD]")
    let unknown: Int32? =
      switch model {
      case .merges(let model): model.unknown
      case .unigram(let model): model.unknown
      }
    return SpecialTokens(
      padding: padding ?? SpecialTokens.none,
      beginning: first("<s>", "[CLS]") ?? padding ?? SpecialTokens.none,
      end: first("</s>", "[SEP]", "<|endoftext|>") ?? SpecialTokens.none,
      unknown: unknown ?? first("<unk>", "[UNK]") ?? SpecialTokens.none)
  }

  /// Whether a word begins with this piece.
  func beginsWord(_ piece: [UInt8]) -> Bool {
    if case .merges(let model) = model, !model.continuingPrefix.isEmpty {
      return !piece.starts(with: model.continuingPrefix)
    }
    return piece.starts(with: SegmentationText.space)
      || piece.starts(with: ByteLevelAlphabet.space)
  }

  /// Whether a word ends with this piece.
  func endsWord(_ piece: [UInt8]) -> Bool {
    guard case .merges(let model) = model, !model.endSuffix.isEmpty else { return false }
    return piece.suffix(model.endSuffix.count) == model.endSuffix[...]
  }
}
