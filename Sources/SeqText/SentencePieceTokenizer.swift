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

  /// Loads a model from the bytes of its file.
  ///
  /// - Throws: ``TextError`` when the bytes are not a BPE or unigram model, or the model lacks one
  ///   of the four special pieces or has user-defined ones.
  public init(
    serializedModel: [UInt8], normalization: TokenizerConfiguration.Normalization = .none,
    file: String? = nil
  ) throws(TextError) {
    let specification = SentencePieceSpecification(serialized: serializedModel)
    guard specification.hasSoundCharacterMap else {
      throw TextError(
        .badData, file: file, found: "the model's table of characters leads nowhere",
        expected: "a model written by SentencePiece's trainer",
        hint: "The file is damaged: copy it anew from where the model came from.")
    }
    let model = try SentencePieceModel(serialized: serializedModel, file: file)
    self.model = model
    self.specification = specification
    self.serializedModel = serializedModel
    self.normalization = normalization
    try SentencePieceTokenizer.check(specification, model.specialTokens, file: file)

    let ids = 0..<Int32(model.pieceCount)
    vocabulary = Vocabulary(pieces: ids.map(model.piece), specialTokens: model.specialTokens)
    table = PieceTable(
      pieces: ids.filter { model.kind($0) == .normal }.map { (model.piece($0), $0) },
      scores: ids.map(model.score), unknown: model.specialTokens.unknown,
      byteIDs: specification.hasByteFallback ? ids.filter { model.kind($0) == .byte } : nil)
    surfaces = SentencePieceTokenizer.surfaces(of: model)
  }

  private static func check(
    _ specification: SentencePieceSpecification, _ special: SpecialTokens, file: String?
  ) throws(TextError) {
    typealias Algorithm = SentencePieceSpecification.Algorithm
    switch Algorithm(rawValue: specification.algorithm) {
    case .bpe, .unigram: break
    default:
      throw TextError(
        .badData, file: file,
        found: "a SentencePiece model of type \(specification.algorithm)",
        expected: "type \(Algorithm.unigram.rawValue) (unigram) or \(Algorithm.bpe.rawValue) (BPE)")
    }
    let pieces = [
      ("<pad>", special.padding), ("<s>", special.beginning), ("</s>", special.end),
      ("<unk>", special.unknown),
    ]
    if let missing = pieces.first(where: { $0.1 < 0 }) {
      throw TextError(
        .badData, file: file, found: "the model has no \(missing.0) piece",
        expected: "padding, beginning, end and unknown pieces",
        hint: "Train it with pad_id, bos_id, eos_id and unk_id set.")
    }
    if specification.userDefinedCount > 0 {
      throw TextError(
        .badData, file: file,
        found: "the model has \(specification.userDefinedCount) user-defined pieces",
        expected: "none", hint: "Train it without user_defined_symbols.")
    }
  }

  private static func surfaces(of model: SentencePieceModel) -> [[UInt8]] {
    var byteCount = 0
    return (0..<Int32(model.pieceCount)).map { id in
      switch model.kind(id) {
      case .control, .unused: return []
      case .unknown: return unknownMark
      case .byte:
        // Byte pieces come in the order of their values.
        byteCount += 1
        return [UInt8(truncatingIfNeeded: byteCount - 1)]
      case .normal:
        var surface: [UInt8] = []
        var rest = model.piece(id)[...]
        while let byte = rest.first {
          let isSpace = rest.starts(with: SegmentationText.space)
          surface.append(isSpace ? 0x20 : byte)
          rest = rest.dropFirst(isSpace ? SegmentationText.space.count : 1)
        }
        return surface
      }
    }
  }

  /// The ids of a text in its likeliest segmentation, that of SentencePiece.
  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    let prepared = prepared(text)
    return isBPE
      ? BytePairMerger.ids(of: prepared, table: table)
      : UnigramLattice(prepared, table: table).bestIDs()
  }

  /// The ids of a text with merges dropped (BPE) or a segmentation drawn (unigram) by the key.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, sampling: TokenizerConfiguration.Sampling, key: UInt64
  ) -> [Int32] {
    let prepared = prepared(text)
    return isBPE
      ? BytePairMerger.ids(of: prepared, table: table, dropout: sampling.dropout, key: key)
      : UnigramLattice(prepared, table: table).sampledIDs(alpha: sampling.alpha, key: key)
  }

  /// A piece that begins with ▁ begins a word.
  public func words(of ids: [Int32]) -> [Int] {
    var word = -1
    return ids.map { id in
      if word < 0 || vocabulary.pieces[Int(id)].starts(with: SegmentationText.space) { word += 1 }
      return word
    }
  }

  /// The bytes of the ids, ▁ as spaces and the one before the text removed.
  public func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8] {
    var bytes: [UInt8] = []
    // The space that encoding puts before the text goes away again.
    var mayDropSpace = specification.addsDummyPrefix
    for id in ids where !vocabulary.specialTokens.isSilent(id) {
      let surface = surfaces[Int(id)]
      let dropsSpace =
        mayDropSpace && surface.first == 0x20 && model.kind(id) == .normal
      bytes += surface.dropFirst(dropsSpace ? 1 : 0)
      mayDropSpace = false
    }
    return bytes
  }

  private var isBPE: Bool {
    specification.algorithm == SentencePieceSpecification.Algorithm.bpe.rawValue
  }

  private func prepared(_ text: UnsafeBufferPointer<UInt8>) -> SegmentationText {
    normalization.withNormalized(text) { text in
      if specification.keepsText { return SegmentationText(text) }
      // The library refuses no text, so its normaliser fails only when memory is exhausted.
      do throws(TextError) {
        return SegmentationText(normalized: try model.normalize(text))
      } catch {
        fatalError("sentencepiece normalisation: \(error)")
      }
    }
  }
}
