/// Reads the JSON of a safetensors header from its bytes.
///
/// The format's grammar is a small part of JSON (an object of objects of strings and whole
/// numbers), and it forbids what general parsers let pass: names that occur twice. Hence a
/// scanner of our own; a problem is a ``Failure`` with the byte at which it stands.
struct HeaderScanner {
  struct Failure: Error {
    var offset: Int
    var found: String
    var expected: String
  }

  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// Visits the members of an object; `member` must consume each value.
  mutating func object(
    member: (inout HeaderScanner, String) throws(Failure) -> Void
  ) throws(Failure) {
    try consume("{")
    skipSpace()
    if accept("}") { return }
    while true {
      skipSpace()
      let name = try string()
      skipSpace()
      try consume(":")
      skipSpace()
      try member(&self, name)
      skipSpace()
      if accept("}") { return }
      guard accept(",") else { throw failure(expected: "',' or '}'") }
    }
  }

  /// An array of whole numbers that are not negative.
  mutating func wholeNumbers() throws(Failure) -> [Int] {
    var numbers: [Int] = []
    try consume("[")
    skipSpace()
    if accept("]") { return numbers }
    while true {
      skipSpace()
      numbers.append(try wholeNumber())
      skipSpace()
      if accept("]") { return numbers }
      guard accept(",") else { throw failure(expected: "',' or ']'") }
    }
  }

  mutating func string() throws(Failure) -> String {
    try consume("\"")
    var text: [UInt8] = []
    while offset < bytes.count {
      let start = offset
      let byte = bytes[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw Failure(offset: start, found: "bytes that are not UTF-8", expected: "UTF-8")
        }
        return string
      case UInt8(ascii: "\\"):
        text.append(contentsOf: Array(String(try escape()).utf8))
      case 0..<0x20:
        offset = start
        throw failure(expected: "an escape in place of a control character")
      default:
        text.append(byte)
      }
    }
    throw failure(expected: "the end of a string")
  }

  /// Only spaces, tabs and line ends may follow the object.
  mutating func end() throws(Failure) {
    skipSpace()
    guard offset == bytes.count else { throw failure(expected: "the end of the header") }
  }

  /// What stands at the present offset, where something else was expected.
  func failure(expected: String) -> Failure {
    let found =
      if offset >= bytes.count {
        "the header's end"
      } else if 0x21...0x7E ~= bytes[offset] {
        "'\(Character(Unicode.Scalar(bytes[offset])))'"
      } else {
        "the byte \(bytes[offset])"
      }
    return Failure(offset: offset, found: found, expected: expected)
  }

  private mutating func wholeNumber() throws(Failure) -> Int {
    let start = offset
    var number = 0
    while offset < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[offset] {
      let digit = Int(bytes[offset] - UInt8(ascii: "0"))
      let (tens, overflows) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflowsToo) = tens.addingReportingOverflow(digit)
      guard !overflows, !overflowsToo else {
        throw Failure(
          offset: start, found: "a number beyond 64 bits", expected: "a smaller whole number")
      }
      number = sum
      offset += 1
    }
    let isCanonical = bytes[start..<offset].first != UInt8(ascii: "0") || offset == start + 1
    guard offset > start, isCanonical else {
      offset = start
      throw failure(expected: "a whole number")
    }
    return number
  }

  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    guard offset < bytes.count else { throw failure(expected: "an escape") }
    let byte = bytes[offset]
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let start = offset
      var code = try hexadecimal()
      if 0xD800..<0xDC00 ~= code, accept("\\"), accept("u") {
        let low = try hexadecimal()
        if 0xDC00..<0xE000 ~= low { code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00) }
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw Failure(offset: start, found: "half of a surrogate pair", expected: "a character")
      }
      return scalar
    default:
      offset -= 1
      throw failure(expected: "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard offset < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue
      else { throw failure(expected: "four hexadecimal digits") }
      code = code << 4 | UInt32(digit)
      offset += 1
    }
    return code
  }

  private mutating func skipSpace() {
    while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func consume(_ character: Unicode.Scalar) throws(Failure) {
    guard accept(character) else { throw failure(expected: "'\(Character(character))'") }
  }
}
