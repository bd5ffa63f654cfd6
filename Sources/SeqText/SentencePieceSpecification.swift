/// What a serialised SentencePiece model says about itself and the library does not tell.
///
/// Read from the protocol buffer `sentencepiece_model.proto`, and checked before the library sees
/// it, which ends the process on some damaged models.
struct SentencePieceSpecification: Hashable, Sendable {
  /// The model's algorithm, by the number it has in the file.
  enum Algorithm: Int { case unigram = 1, bpe, word, character }

  /// What a piece is for, by the number it has in the file.
  enum PieceType: UInt64 { case normal = 1, unknown, control, userDefined, unused, byte }

  /// The largest model that is read, in bytes; those of a million pieces are half of it.
  static let maximumSize = 64 << 20

  var algorithm: Int = Algorithm.unigram.rawValue
  var hasByteFallback = false
  /// A space is put before the text.
  var addsDummyPrefix = true
  /// Runs of spaces become one and the ends are trimmed.
  var removesExtraSpaces = true
  /// The model maps characters to others, as NFKC does.
  var hasCharacterMap = false
  /// Pieces that are matched before anything else.
  var userDefinedCount = 0
  /// The dummy prefix stands behind the text instead.
  private var hasSpaceAsSuffix = false
  private var escapesSpaces = true
  private var pieceCount = 0
  private var unknownCount = 0
  private var byteCount = 0

  /// Reads a model.
  ///
  /// - Throws: ``TextError`` when the bytes are not a model, or one that is not supported.
  init(checking serialized: [UInt8], file: String? = nil) throws(TextError) {
    func refusal(_ found: String, expected: String? = nil) -> TextError {
      TextError(
        .badData, file: file, found: found,
        expected: expected ?? "a model written by SentencePiece's trainer",
        hint: "The file is damaged or another program's: copy it anew.")
    }
    guard serialized.count <= SentencePieceSpecification.maximumSize else {
      throw refusal("\(serialized.count >> 20) MiB")
    }
    do {
      try read(serialized[...])
    } catch let fault as ProtobufFields.Fault {
      throw refusal("not a SentencePiece model: no field of one at byte \(fault.offset + 1)")
    } catch let flaw as Flaw {
      throw refusal("not a sound SentencePiece model: \(flaw.words)")
    } catch {
      throw refusal("not a SentencePiece model")
    }
    guard [Algorithm.unigram, .bpe].contains(where: { $0.rawValue == algorithm }) else {
      throw refusal(
        "a SentencePiece model of type \(algorithm)",
        expected: "type \(Algorithm.unigram.rawValue) (unigram) or \(Algorithm.bpe.rawValue) (BPE)")
    }
    for (isSo, words) in [
      (hasSpaceAsSuffix, "spaces at the ends of words (treat_whitespace_as_suffix)"),
      (!escapesSpaces, "spaces as themselves (no escape_whitespaces)"),
    ] where isSo {
      throw refusal("a SentencePiece model with " + words, expected: "▁ before words")
    }
  }

  /// Whether the text to be segmented is the text itself with ▁ for spaces and one before it.
  var keepsText: Bool { addsDummyPrefix && !removesExtraSpaces && !hasCharacterMap }

  /// What is wrong with a model whose fields can be read.
  private struct Flaw: Error {
    var words: String
    init(_ words: String) { self.words = words }
  }

  private mutating func read(_ model: ArraySlice<UInt8>) throws {
    var pieces: Set<ArraySlice<UInt8>> = []
    var fields = ProtobufFields(model)
    while let field = try fields.next() {
      switch (field.number, field.type) {
      case (1, .bytes): try readPiece(field.bytes, &pieces)
      case (2, .bytes): try readTrainer(field.bytes)
      case (3, .bytes): try readNormalizer(field.bytes)
      // Sentences to test the library with, and how to undo a normalisation.
      case (4, .bytes): break
      case (5, .bytes): try readDenormalizer(field.bytes)
      case (1...5, _): throw ProtobufFields.Fault(offset: fields.offset)
      default: break
      }
    }
    guard pieceCount > 0 else { throw Flaw("it has no pieces") }
    guard unknownCount == 1 else { throw Flaw("it has \(unknownCount) unknown pieces") }
    guard byteCount == (hasByteFallback ? 256 : 0) else {
      throw Flaw("it has \(byteCount) byte pieces, byte_fallback is \(hasByteFallback)")
    }
  }

  private mutating func readPiece(
    _ bytes: ArraySlice<UInt8>, _ pieces: inout Set<ArraySlice<UInt8>>
  ) throws {
    var piece: ArraySlice<UInt8> = []
    var type = PieceType.normal
    var fields = ProtobufFields(bytes)
    while let field = try fields.next() {
      switch (field.number, field.type) {
      case (1, .bytes): piece = field.bytes
      case (2, .fixed32):
        let score = Float(bitPattern: UInt32(truncatingIfNeeded: field.value))
        guard score.isFinite else { throw Flaw("piece \(pieceCount) has the score \(score)") }
      case (3, .varint):
        guard let known = PieceType(rawValue: field.value) else {
          throw Flaw("piece \(pieceCount) is of the unknown type \(field.value)")
        }
        type = known
      case (1...3, _): throw ProtobufFields.Fault(offset: fields.offset)
      default: break
      }
    }
    let isText = Array(piece).withUnsafeBufferPointer { $0.invalidUTF8Offset } == nil
    guard !piece.isEmpty, isText else { throw Flaw("piece \(pieceCount) is no text") }
    guard !piece.contains(0) || type != .normal && type != .userDefined else {
      throw Flaw("piece \(pieceCount) holds a zero byte")
    }
    guard pieces.insert(piece).inserted else {
      throw Flaw("piece \(pieceCount) is there twice")
    }
    pieceCount += 1
    switch type {
    case .unknown: unknownCount += 1
    case .userDefined: userDefinedCount += 1
    case .byte:
      guard SentencePieceSpecification.byte(ofPiece: Array(piece)) != nil else {
        throw Flaw("piece \(pieceCount - 1) is a byte, but not spelled like one")
      }
      byteCount += 1
    case .normal, .control, .unused: break
    }
  }

  private mutating func readTrainer(_ bytes: ArraySlice<UInt8>) throws {
    var fields = ProtobufFields(bytes)
    while let field = try fields.next() {
      switch (field.number, field.type) {
      case (3, .varint): algorithm = Int(truncatingIfNeeded: field.value)
      case (24, .varint): hasSpaceAsSuffix = field.value != 0
      case (35, .varint): hasByteFallback = field.value != 0
      case (3, _), (24, _), (35, _): throw ProtobufFields.Fault(offset: fields.offset)
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ bytes: ArraySlice<UInt8>) throws {
    var fields = ProtobufFields(bytes)
    while let field = try fields.next() {
      switch (field.number, field.type) {
      case (2, .bytes):
        hasCharacterMap = !field.bytes.isEmpty
        try SentencePieceSpecification.checkCharacterMap(field.bytes)
      case (3, .varint): addsDummyPrefix = field.value != 0
      case (4, .varint): removesExtraSpaces = field.value != 0
      case (5, .varint): escapesSpaces = field.value != 0
      case (2...5, _): throw ProtobufFields.Fault(offset: fields.offset)
      default: break
      }
    }
  }

  private func readDenormalizer(_ bytes: ArraySlice<UInt8>) throws {
    var fields = ProtobufFields(bytes)
    while let field = try fields.next() {
      if field.number == 2 { try SentencePieceSpecification.checkCharacterMap(field.bytes) }
    }
  }

  private static func checkCharacterMap(_ table: ArraySlice<UInt8>) throws {
    guard table.isEmpty || CharacterMapFormat.isSound(table) else {
      throw Flaw("its table of characters leads nowhere")
    }
  }

  /// The byte that a piece like `<0xE2>` stands for.
  static func byte(ofPiece piece: [UInt8]) -> UInt8? {
    guard piece.count == 6, piece.starts(with: "<0x".utf8), piece[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: piece[3..<5], as: UTF8.self), radix: 16)
  }
}
