/// What a serialised SentencePiece model says about itself and the library does not tell.
///
/// Read from the protocol buffer `sentencepiece_model.proto`; unknown fields are passed over.
struct SentencePieceSpecification: Hashable, Sendable {
  /// The model's algorithm, by the number it has in the file.
  enum Algorithm: Int { case unigram = 1, bpe, word, character }

  var algorithm: Int = Algorithm.unigram.rawValue
  var hasByteFallback = false
  /// A space is put before the text.
  var addsDummyPrefix = true
  /// Runs of spaces become one and the ends are trimmed.
  var removesExtraSpaces = true
  /// The model maps characters to others, as NFKC does.
  var hasCharacterMap = false
  /// The table of that map, if there is one, can be followed safely.
  var hasSoundCharacterMap = true
  /// Pieces that are matched before anything else.
  var userDefinedCount = 0

  init(serialized: [UInt8]) {
    ProtobufFields(serialized[...]).forEach { field in
      switch field.number {
      case 1: readPiece(field.bytes)
      case 2: readTrainer(field.bytes)
      case 3: readNormalizer(field.bytes)
      default: break
      }
    }
  }

  /// Whether the text to be segmented is the text itself with ▁ for spaces and one before it.
  var keepsText: Bool { addsDummyPrefix && !removesExtraSpaces && !hasCharacterMap }

  private mutating func readPiece(_ bytes: ArraySlice<UInt8>) {
    ProtobufFields(bytes).forEach { if $0.number == 3, $0.value == 4 { userDefinedCount += 1 } }
  }

  private mutating func readTrainer(_ bytes: ArraySlice<UInt8>) {
    ProtobufFields(bytes).forEach { field in
      switch field.number {
      case 3: algorithm = Int(truncatingIfNeeded: field.value)
      case 35: hasByteFallback = field.value != 0
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ bytes: ArraySlice<UInt8>) {
    ProtobufFields(bytes).forEach { field in
      switch field.number {
      case 2:
        hasCharacterMap = !field.bytes.isEmpty
        hasSoundCharacterMap = !hasCharacterMap || CharacterMapFormat.isSound(field.bytes)
      case 3: addsDummyPrefix = field.value != 0
      case 4: removesExtraSpaces = field.value != 0
      default: break
      }
    }
  }
}

/// The fields of one protocol buffer message, in order; stops at the first malformed byte.
private struct ProtobufFields: Sequence, IteratorProtocol {
  struct Field {
    var number: UInt64
    /// A number's value, 0 for other fields.
    var value: UInt64 = 0
    /// The contents of a string or message, empty for other fields.
    var bytes: ArraySlice<UInt8> = []
  }

  private var rest: ArraySlice<UInt8>

  init(_ message: ArraySlice<UInt8>) { rest = message }

  mutating func next() -> Field? {
    guard let key = varint() else { return nil }
    var field = Field(number: key >> 3)
    switch key & 7 {
    case 0:
      guard let value = varint() else { return nil }
      field.value = value
    case 1: rest = rest.dropFirst(8)
    case 2:
      guard let size = varint(), size <= UInt64(rest.count) else { return nil }
      field.bytes = rest.prefix(Int(size))
      rest = rest.dropFirst(Int(size))
    case 5: rest = rest.dropFirst(4)
    default: return nil
    }
    return field
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
