import Foundation
import SeqText
import Testing

/// What a damaged SentencePiece model may do: be refused, or be another sound model.
@Suite struct SentencePieceDamageTests {
  private static func model(_ type: TokenizerConfiguration.Kind, size: Int) throws -> [UInt8] {
    let codec = try TextCodec.train(
      configuration: .init(type: type, vocabularySize: size, byteFallback: type == .bpe),
      sources: SyntheticText.sentences(40), targets: [])
    return try #require(codec.source as? SentencePieceTokenizer).serializedModel
  }

  /// Loads what may be a model and, if it is one, uses it.
  private static func use(_ bytes: [UInt8]) -> TextError? {
    do throws(TextError) {
      let tokenizer = try SentencePieceTokenizer(serializedModel: bytes, file: "shared.model")
      for text in ["abc de", "\u{2581}é <s>", ""] {
        _ = tokenizer.decodeBytes(tokenizer.encode(Array(text.utf8)))
      }
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "a wrong byte or an early end gives an error or another model, never a crash",
    arguments: [(TokenizerConfiguration.Kind.bpe, 330), (.unigram, 60)])
  func damage(type: TokenizerConfiguration.Kind, size: Int) throws {
    let model = try Self.model(type, size: size)
    #expect(Self.use(model) == nil)
    var refusals = 0
    // Every place would take seconds; strides of a prime meet every kind of field.
    for position in stride(from: 0, to: model.count, by: 7) {
      let draw = UInt8(truncatingIfNeeded: CountedDraws(key: 5).bits(at: UInt64(position)))
      for bytes in [
        Array(model[..<position]), Self.replacing(position, by: 0xFF, in: model),
        Self.replacing(position, by: draw, in: model),
      ] {
        guard let error = Self.use(bytes) else { continue }
        refusals += 1
        #expect(error.kind == .badData && error.file == "shared.model")
        #expect(!error.description.contains(".cc("), "\(error)")
      }
    }
    #expect(refusals > 100)
  }

  private static func replacing(_ position: Int, by byte: UInt8, in bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes[position] = byte
    return bytes
  }

  /// A table of one block of units and one replacement, `x`, that nothing leads to.
  private static func table(
    units: [UInt32] = Array(repeating: 0, count: 256), texts: [UInt8] = [0x78, 0]
  ) -> [UInt8] {
    ([UInt32(4 * units.count)] + units).flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    } + texts
  }

  @Test("a table of characters is followed only where it leads to itself")
  func characterMap() {
    func isSound(_ bytes: [UInt8]) -> Bool { CharacterMapFormat.isSound(bytes[...]) }
    func table(unit: UInt32, at index: Int = 0) -> [UInt8] {
      var units = [UInt32](repeating: 0, count: 512)
      units[index] = unit
      return Self.table(units: units)
    }
    #expect(isSound(Self.table()))
    #expect(!isSound([]))
    #expect(!isSound([0, 0, 0, 0]))
    #expect(!isSound(Self.table(units: [])))
    #expect(!isSound(Self.table(texts: [])))
    // The last replacement has no end.
    #expect(!isSound(Self.table(texts: [0x78])))
    // Sizes beyond the bytes, and no multiple of a unit's.
    #expect(!isSound([0xFF, 0xFF, 0xFF, 0x7F, 0, 0]))
    #expect(!isSound([5, 0, 0, 0, 1, 2, 3, 4, 5, 0]))
    // Too few units for the 256 neighbours of the first.
    #expect(!isSound(Self.table(units: Array(repeating: 0, count: 255))))
    // An offset of 256, plain and multiplied, stays inside; of 512 it does not.
    #expect(isSound(table(unit: 256 << 10)))
    #expect(isSound(table(unit: 1 << 10 | 1 << 9)))
    #expect(!isSound(table(unit: 512 << 10)))
    #expect(!isSound(table(unit: 2 << 10 | 1 << 9)))
    // Values are places in the texts.
    #expect(isSound(table(unit: 1 << 31 | 1, at: 300)))
    #expect(!isSound(table(unit: 1 << 31 | 2, at: 300)))
  }

  @Test("a model with an unsound table is refused before the library sees it")
  func unsoundMap() throws {
    func model(with table: [UInt8]) throws -> [UInt8] {
      // A second normaliser message is merged into the first: field 3, holding field 2.
      try Self.model(.unigram, size: 60) + Self.field(3, Self.field(2, table))
    }
    #expect(Self.use(try model(with: Self.table())) == nil)
    var units = [UInt32](repeating: 0, count: 256)
    units[0x61] = 0x1F_FFFF << 10 | 1 << 9
    let error = Self.use(try model(with: Self.table(units: units)))
    let words = "not a sound SentencePiece model: its table of characters leads nowhere"
    #expect(error?.found == words)
    // A model may also say how to undo its normalisation, by such a table: field 5.
    let sound = try Self.model(.unigram, size: 60)
    let undoing = Self.field(2, Self.table(units: units))
    #expect(Self.use(sound + Self.field(5, undoing))?.found == words)
  }

  /// A field of bytes in a protocol buffer.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count & 0x7F | 0x80), UInt8(bytes.count >> 7)] + bytes
  }

  @Test(
    "fields that a model cannot have are refused by name",
    arguments: [
      ([0x0A], "no field"), ([0x0A, 0xFF, 0xFF, 0xFF, 0x7F], "no field"), ([0x0B], "no field"),
      ([0x08, 0x01], "no field"), ([0x02, 0x00], "no field"), ([0x0A, 0x00], "is no text"),
      ([0x0A, 0x03, 0x0A, 0x01, 0xFF], "is no text"),
      ([0x0A, 0x04, 0x0A, 0x02, 0x61, 0x00], "holds a zero byte"),
      ([0x0A, 0x05, 0x0A, 0x03, 0x3C, 0x73, 0x3E], "is there twice"),
      ([0x0A, 0x05, 0x0A, 0x01, 0x7E, 0x18, 0x09], "of the unknown type 9"),
      ([0x0A, 0x05, 0x0A, 0x01, 0x7E, 0x18, 0x02], "2 unknown pieces"),
      ([0x0A, 0x05, 0x0A, 0x01, 0x7E, 0x18, 0x06], "not spelled like one"),
      ([0x0A, 0x08, 0x0A, 0x01, 0x7E, 0x15, 0x00, 0x00, 0xC0, 0x7F], "has the score nan"),
      ([0x12, 0x02, 0x18, 0x03], "model of type 3"),
      ([0x12, 0x03, 0x98, 0x02, 0x01], "byte pieces"),
      ([0x12, 0x03, 0xC0, 0x01, 0x01], "treat_whitespace_as_suffix"),
      ([0x1A, 0x02, 0x28, 0x00], "escape_whitespaces"),
    ] as [([UInt8], String)])
  func wrongFields(bytes: [UInt8], words: String) throws {
    let error = Self.use(try Self.model(.unigram, size: 60) + bytes)
    #expect(error?.found.contains(words) == true, "\(error as Any)")
  }
}
