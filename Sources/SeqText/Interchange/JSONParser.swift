import Foundation

/// Reads JSON (RFC 8259) that may be damaged or hostile: nesting is bounded, texts must be UTF-8
/// without lone surrogates, and memory grows with the bytes alone.
struct JSONParser {
  /// Levels of lists and objects; files of tokenizers have about eight.
  static let maximumDepth = 64

  /// Where a text stops being JSON, and what should stand there.
  struct Fault: Error {
    var offset: Int
    var expected: String
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0
  private var depth = 0

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The value that a whole text is.
  static func value(of bytes: UnsafeBufferPointer<UInt8>) throws(Fault) -> JSONValue {
    if let offset = bytes.invalidUTF8Offset { throw Fault(offset: offset, expected: "UTF-8") }
    var parser = JSONParser(bytes)
    let value = try parser.value()
    parser.skipSpace()
    guard parser.index == bytes.count else { throw parser.fault("the end of the text") }
    return value
  }

  private func fault(_ expected: String) -> Fault { Fault(offset: index, expected: expected) }

  private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipSpace() {
    while let byte, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D { index += 1 }
  }

  /// Passes over a byte if it is the one given.
  private mutating func passes(_ expected: UInt8) -> Bool {
    guard byte == expected else { return false }
    index += 1
    return true
  }

  private mutating func value() throws(Fault) -> JSONValue {
    skipSpace()
    switch byte {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Fault) -> JSONValue {
    let count = word.utf8CodeUnitCount
    guard index + count <= bytes.count,
      (0..<count).allSatisfy({ bytes[index + $0] == word.utf8Start[$0] })
    else { throw fault("a value") }
    index += count
    return value
  }

  private mutating func descend() throws(Fault) {
    depth += 1
    if depth > JSONParser.maximumDepth {
      throw fault("at most \(JSONParser.maximumDepth) levels of lists and objects")
    }
    index += 1
    skipSpace()
  }

  private mutating func array() throws(Fault) -> JSONValue {
    try descend()
    var values: [JSONValue] = []
    if !passes(UInt8(ascii: "]")) {
      repeat {
        values.append(try value())
        skipSpace()
      } while passes(UInt8(ascii: ","))
      guard passes(UInt8(ascii: "]")) else { throw fault("a comma or ]") }
    }
    depth -= 1
    return .array(values)
  }

  private mutating func object() throws(Fault) -> JSONValue {
    try descend()
    var members: [JSONMember] = []
    if !passes(UInt8(ascii: "}")) {
      repeat {
        skipSpace()
        guard byte == UInt8(ascii: "\"") else { throw fault("a key in quotation marks") }
        let key = try text()
        skipSpace()
        guard passes(UInt8(ascii: ":")) else { throw fault("a colon") }
        members.append(JSONMember(key: key, value: try value()))
        skipSpace()
      } while passes(UInt8(ascii: ","))
      guard passes(UInt8(ascii: "}")) else { throw fault("a comma or }") }
    }
    depth -= 1
    return .object(members)
  }

  private mutating func number() throws(Fault) -> JSONValue {
    let start = index
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
    var isInteger = true
    _ = passes(UInt8(ascii: "-"))
    guard isDigit(byte) else { throw fault("a value") }
    let isZero = byte == 0x30
    while isDigit(byte) { index += 1 }
    if isZero, index - start > (bytes[start] == 0x30 ? 1 : 2) {
      throw fault("a number without leading zeros")
    }
    if passes(UInt8(ascii: ".")) {
      isInteger = false
      guard isDigit(byte) else { throw fault("a digit") }
      while isDigit(byte) { index += 1 }
    }
    if passes(UInt8(ascii: "e")) || passes(UInt8(ascii: "E")) {
      isInteger = false
      if !passes(UInt8(ascii: "-")) { _ = passes(UInt8(ascii: "+")) }
      guard isDigit(byte) else { throw fault("a digit") }
      while isDigit(byte) { index += 1 }
    }
    let digits = String(decoding: bytes[start..<index], as: UTF8.self)
    if isInteger, let value = Int(digits) { return .integer(value) }
    guard let value = Double(digits), value.isFinite else { throw fault("a smaller number") }
    return .number(value)
  }

  private mutating func text() throws(Fault) -> [UInt8] {
    index += 1
    var text: [UInt8] = []
    var start = index
    while let byte {
      switch byte {
      case UInt8(ascii: "\""):
        text += bytes[start..<index]
        index += 1
        return text
      case UInt8(ascii: "\\"):
        text += bytes[start..<index]
        index += 1
        try appendEscaped(to: &text)
        start = index
      case 0..<0x20: throw fault("control characters spelled with a backslash")
      default: index += 1
      }
    }
    throw fault("a quotation mark that ends the text")
  }

  private mutating func appendEscaped(to text: inout [UInt8]) throws(Fault) {
    let escapes: [(UInt8, UInt8)] = [
      (UInt8(ascii: "\""), 0x22), (UInt8(ascii: "\\"), 0x5C), (UInt8(ascii: "/"), 0x2F),
      (UInt8(ascii: "b"), 0x08), (UInt8(ascii: "f"), 0x0C), (UInt8(ascii: "n"), 0x0A),
      (UInt8(ascii: "r"), 0x0D), (UInt8(ascii: "t"), 0x09),
    ]
    if let escape = escapes.first(where: { $0.0 == byte }) {
      index += 1
      return text.append(escape.1)
    }
    guard passes(UInt8(ascii: "u")) else { throw fault("an escape") }
    var unit = try hexadecimal()
    if (0xD800..<0xDC00).contains(unit) {
      guard passes(UInt8(ascii: "\\")), passes(UInt8(ascii: "u")) else {
        throw fault("the second half of a surrogate pair")
      }
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else {
        throw fault("the second half of a surrogate pair")
      }
      unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(unit) else {
      throw fault("the first half of a surrogate pair")
    }
    text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  private mutating func hexadecimal() throws(Fault) -> UInt32 {
    guard index + 4 <= bytes.count,
      bytes[index..<(index + 4)].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt32(String(decoding: bytes[index..<(index + 4)], as: UTF8.self), radix: 16)
    else { throw fault("four hexadecimal digits") }
    index += 4
    return unit
  }
}
