/// Writes texts as JSON does.
enum JSONText {
  /// A text in quotation marks; only what must be is escaped.
  static func quoted(_ text: some Sequence<UInt8>) -> [UInt8] {
    var quoted = [UInt8(ascii: "\"")]
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        quoted += Array("\\u00\(byte < 16 ? "0" : "")\(digits)".utf8)
      default: quoted.append(byte)
      }
    }
    return quoted + [UInt8(ascii: "\"")]
  }
}

extension AddedToken {
  /// Tokens as the `added_tokens` of a `tokenizer.json` lists them.
  static func json(_ tokens: [AddedToken]) -> [UInt8] {
    var json = [UInt8(ascii: "[")]
    for (number, token) in tokens.enumerated() {
      json += Array(#"\#(number > 0 ? ",\n" : ""){"id":\#(token.id),"content":"#.utf8)
      json += JSONText.quoted(token.content)
      let flags: [(String, Bool)] = [
        ("single_word", token.isSingleWord), ("lstrip", token.stripsLeft),
        ("rstrip", token.stripsRight), ("normalized", token.isNormalized),
        ("special", token.isSpecial),
      ]
      for (name, value) in flags { json += Array(#","\#(name)":\#(value)"#.utf8) }
      json.append(UInt8(ascii: "}"))
    }
    return json + [UInt8(ascii: "]")]
  }
}
