/// Subwords of a SentencePiece model, BPE or unigram.
///
/// The library trains and loads models; segmentation is ours, equal to the library's, because
/// subword sampling needs randomness that can be looked up (the library's cannot be re-seeded).
/// Spaces come back exactly, doubled, leading and trailing ones too, and so does a ▁ in the text
/// when the model has byte fallback.
public struct SentencePieceTokenizer: Tokenizer {
  /// The model's pieces, spaces in them as ▁.
  public let vocabulary: Vocabulary
  /// Applied to text before the model's own rules.
  public let normalization: TokenizerConfiguration.Normalization
  /// The bytes of the `.model` file.
  public let serializedModel: [UInt8]
  package let model: SentencePieceModel

  private let specification: SentencePieceSpecification
  private let table: PieceTable
  /// By id, what a piece is written as.
  private let surfaces: [[UInt8]]

  /// Where a tokenizer's special tokens come from.
  public enum SpecialTokenSource: Hashable, Sendable {
    /// The model's own, of which none may be missing, as in every model trained here.
    case complete
    /// The model's own, as many as it has; decoders start from padding where it has no beginning.
    case own
    /// What a model of another program says.
    case given(SpecialTokens)
  }

  /// Loads a model from the bytes of its file.
  ///
  /// - Throws: ``TextError`` when the bytes are not a BPE or unigram model, or the model lacks
  ///   special tokens that it must have.
  public init(
    serializedModel: [UInt8], normalization: TokenizerConfiguration.Normalization = .none,
    specialTokens: SpecialTokenSource = .complete, file: String? = nil
  ) throws(TextError) {
    let specification = try SentencePieceSpecification(checking: serializedModel, file: file)
    let model = try SentencePieceModel(serialized: serializedModel, file: file)
    self.model = model
    self.specification = specification
    self.serializedModel = serializedModel
    self.normalization = normalization
    let special = try specialTokens.tokens(of: model, file: file)

    let ids = 0..<Int32(model.pieceCount)
    vocabulary = Vocabulary(pieces: ids.map(model.piece), specialTokens: special)
    table = PieceTable(
      pieces: ids.filter { model.kind($0) == .normal }.map { (model.piece($0), $0) },
      scores: ids.map(model.score), unknown: model.specialTokens.unknown,
      byteIDs: specification.hasByteFallback ? SentencePieceTokenizer.byteIDs(of: model) : nil)
    surfaces = SentencePieceTokenizer.surfaces(of: model)
  }

  /// By byte the id of its piece; a model with byte fallback has all of them.
  private static func byteIDs(of model: SentencePieceModel) -> [Int32] {
    var byteIDs = [Int32](repeating: model.specialTokens.unknown, count: 256)
    for id in 0..<Int32(model.pieceCount) where model.kind(id) == .byte {
      if let byte = SentencePieceSpecification.byte(ofPiece: model.piece(id)) {
        byteIDs[Int(byte)] = id
      }
    }
    return byteIDs
  }

  private static func surfaces(of model: SentencePieceModel) -> [[UInt8]] {
    (0..<Int32(model.pieceCount)).map { id in
      switch model.kind(id) {
      case .control, .unused: []
      case .unknown: unknownMark
      case .byte: SentencePieceSpecification.byte(ofPiece: model.piece(id)).map { [$0] } ?? []
      case .normal: SegmentationText.text(ofPieces: model.piece(id))
      }
    }
  }

  /// The ids of a text in its likeliest segmentation, that of SentencePiece.
  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    if specification.userDefinedCount > 0 || !specification.keepsText {
      return libraryIDs(of: text)
    }
    let prepared = prepared(text)
    return isBPE
      ? BytePairMerger.ids(of: prepared, table: table)
      : UnigramLattice(prepared, table: table).bestIDs()
  }

  /// The ids of a text with merges dropped (BPE) or a segmentation drawn (unigram) by the key.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, sampling: TokenizerConfiguration.Sampling, key: UInt64
  ) -> [Int32] {
    if specification.userDefinedCount > 0 { return libraryIDs(of: text) }
    let prepared = prepared(text)
    return isBPE
      ? BytePairMerger.ids(of: prepared, table: table, dropout: sampling.dropout, key: key)
      : UnigramLattice(prepared, table: table).sampledIDs(alpha: sampling.alpha, key: key)
  }

  /// A piece that begins with ▁ begins a word.
  public func words(of ids: [Int32]) -> [Int] {
    SegmentationText.words(of: ids, in: vocabulary)
  }

  /// The bytes of the ids, ▁ as spaces and the one before the text removed.
  public func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8] {
    var bytes: [UInt8] = []
    // The space that encoding puts before the text goes away again; all spaces at the beginning do
    // where the model keeps none of them.
    var mayDropSpace = specification.addsDummyPrefix || specification.removesExtraSpaces
    for id in ids where !vocabulary.specialTokens.isSilent(id) {
      let surface = surfaces[Int(id)]
      let dropsSpace =
        mayDropSpace && surface.first == 0x20 && model.kind(id) == .normal
      bytes += surface.dropFirst(dropsSpace ? 1 : 0)
      mayDropSpace = specification.removesExtraSpaces && bytes.isEmpty
    }
    return bytes
  }

  private var isBPE: Bool {
    specification.algorithm == SentencePieceSpecification.Algorithm.bpe.rawValue
  }

  /// The pieces of a text, unknown ones as the text has them.
  func pieces(of text: UnsafeBufferPointer<UInt8>) -> [[UInt8]] {
    SentencePieceTokenizer.succeeding { () throws(TextError) in try model.encodePieces(text) }
  }

  /// The library's own encoding, which alone looks for user-defined pieces, and is quicker where its
  /// normaliser is needed anyway.
  private func libraryIDs(of text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    normalization.withNormalized(text) { text in
      SentencePieceTokenizer.succeeding { () throws(TextError) in try model.encode(Array(text)) }
    }
  }

  /// What the library gives.
  ///
  /// It refuses no text, so it fails only when memory is exhausted.
  private static func succeeding<Value>(_ body: () throws(TextError) -> Value) -> Value {
    do throws(TextError) {
      return try body()
    } catch {
      fatalError("sentencepiece: \(error)")
    }
  }

  private func prepared(_ text: UnsafeBufferPointer<UInt8>) -> SegmentationText {
    normalization.withNormalized(text) { text in
      if specification.keepsText { return SegmentationText(text) }
      return SentencePieceTokenizer.succeeding { () throws(TextError) in
        SegmentationText(normalized: try model.normalize(text))
      }
    }
  }
}

extension SentencePieceTokenizer: StoredTokenizer {
  var storedFiles: [(suffix: String, contents: [UInt8])] { [("model", serializedModel)] }
}

extension SentencePieceTokenizer.SpecialTokenSource {
  fileprivate func tokens(
    of model: SentencePieceModel, file: String?
  ) throws(TextError) -> SpecialTokens {
    var tokens = model.specialTokens
    switch self {
    case .complete:
      let names = ["<pad>", "<s>", "</s>", "<unk>"]
      if let (name, _) = zip(names, tokens.all).first(where: { $1 < 0 }) {
        throw TextError(
          .badData, file: file, found: "the model has no \(name) piece",
          expected: "padding, beginning, end and unknown pieces",
          hint: "Train it with pad_id, bos_id, eos_id and unk_id set.")
      }
    case .own: if tokens.beginning < 0 { tokens.beginning = tokens.padding }
    case .given(let given): tokens = given
    }
    try tokens.check(count: model.pieceCount, file: file)
    return tokens
  }
}
