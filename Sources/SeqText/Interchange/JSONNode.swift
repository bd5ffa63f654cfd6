/// A place in a JSON file, read with errors that name the file and the place.
struct JSONNode {
  let value: JSONValue
  /// The keys and numbers that lead here, as in `model.vocab[3]`; empty for the whole.
  let path: String
  let file: String?

  private init(_ value: JSONValue, path: String, file: String?) {
    (self.value, self.path, self.file) = (value, path, file)
  }

  /// The value of a whole file.
  ///
  /// - Throws: ``TextError`` when the bytes are not JSON.
  init(_ bytes: [UInt8], file: String?) throws(TextError) {
    do throws(JSONParser.Fault) {
      // A local result lets the typed error through the closure.
      let result = bytes.withUnsafeBufferPointer { buffer in
        Result { () throws(JSONParser.Fault) in try JSONParser.value(of: buffer) }
      }
      self.init(try result.get(), path: "", file: file)
    } catch {
      let line = 1 + bytes[..<error.offset].count { $0 == 0x0A }
      throw TextError(
        .badData, file: file, line: line,
        found: "not the JSON it should be, at byte \(error.offset + 1)", expected: error.expected,
        hint: "The file is damaged: copy it anew from where the model came from.")
    }
  }

  /// An error about the value here.
  func problem(
    _ found: String, expected: String? = nil, hint: String? = nil
  ) -> TextError {
    TextError(
      .badData, file: file, found: (path.isEmpty ? "" : path + ": ") + found, expected: expected,
      hint: hint)
  }

  private func mismatch(_ expected: String) -> TextError {
    problem("\(value.description)", expected: expected)
  }

  var isNull: Bool { if case .null = value { true } else { false } }

  func boolean() throws(TextError) -> Bool {
    guard case .boolean(let value) = value else { throw mismatch("true or false") }
    return value
  }

  func integer(in range: ClosedRange<Int>) throws(TextError) -> Int {
    guard case .integer(let value) = value, range.contains(value) else {
      throw mismatch("a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func number() throws(TextError) -> Double {
    switch value {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: throw mismatch("a number")
    }
  }

  func text() throws(TextError) -> [UInt8] {
    guard case .text(let bytes) = value else { throw mismatch("a text") }
    return bytes
  }

  /// A text that is read by people.
  func string() throws(TextError) -> String { String(decoding: try text(), as: UTF8.self) }

  /// A text of exactly one Unicode scalar.
  func scalar() throws(TextError) -> [UInt8] {
    let bytes = try text()
    guard !bytes.isEmpty, bytes.count == announcedLength(bytes[0]) else {
      throw mismatch("one character")
    }
    return bytes
  }

  /// The elements of a list.
  func elements() throws(TextError) -> [JSONNode] {
    guard case .array(let values) = value else { throw mismatch("a list") }
    return values.enumerated().map { JSONNode($1, path: "\(path)[\($0)]", file: file) }
  }

  /// The values of a list that is too long to make a place of each.
  func values() throws(TextError) -> [JSONValue] {
    guard case .array(let values) = value else { throw mismatch("a list") }
    return values
  }

  /// The members of an object, in the order of the file.
  func members() throws(TextError) -> [JSONMember] {
    guard case .object(let members) = value else { throw mismatch("an object") }
    return members
  }

  /// The place of one value of ``values()``.
  func element(_ position: Int, _ value: JSONValue) -> JSONNode {
    JSONNode(value, path: "\(path)[\(position)]", file: file)
  }

  /// The place of one value of ``members()``.
  func member(_ member: JSONMember) -> JSONNode {
    let key = String(decoding: member.key, as: UTF8.self)
    return JSONNode(member.value, path: path.isEmpty ? key : "\(path).\(key)", file: file)
  }

  /// The value of a key, nil when the key is missing or its value null.
  func optional(_ key: String) throws(TextError) -> JSONNode? {
    let found = try members().filter { $0.key.elementsEqual(key.utf8) }
    guard found.count < 2 else { throw problem("the key '\(key)' is there \(found.count) times") }
    guard let first = found.first.map(member), !first.isNull else { return nil }
    return first
  }

  /// The value of a key that must be there.
  func required(_ key: String) throws(TextError) -> JSONNode {
    guard let node = try optional(key) else { throw problem("the key '\(key)' is missing") }
    return node
  }

  /// A flag, or what it is when missing.
  func flag(_ key: String, or fallback: Bool) throws(TextError) -> Bool {
    try optional(key)?.boolean() ?? fallback
  }
}
