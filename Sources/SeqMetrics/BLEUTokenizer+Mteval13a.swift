/// The rules of mteval-v13a as sacreBLEU applies them.
///
/// They are substitutions, made one after another from left to right, each on what the last one
/// left. All that they look for is ASCII, and "not a digit" holds for every byte of a longer
/// scalar, so they can be made on bytes.
func separatedByMteval13a(_ line: [UInt8]) -> [UInt8] {
  var text = line
  text.replace(Array("<skipped>".utf8), with: [])
  text.replace(Array("-\n".utf8), with: [])
  text.replace(Array("\n".utf8), with: [space])
  text.replaceEntities()
  return ([space] + text + [space]).isolatingMteval13aPunctuation().separatingMteval13aNumbers()
}

private let space = UInt8(ascii: " ")

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

private func isPointOrComma(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
}

/// `{|}~`, ``[\]^_` ``, space to `&`, `()*+`, colon to `@`, and the slash: ASCII punctuation but
/// for the apostrophe, comma, hyphen and point.
private func isPunctuation(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x7B...0x7E, 0x5B...0x60, 0x20...0x26, 0x28...0x2B, 0x3A...0x40, 0x2F: true
  default: false
  }
}

/// The rules one by one, which other tokenisers share.
extension [UInt8] {
  /// Makes the marks of XML entities: `&amp;lt;` becomes `<`, but `&amp;quot;` stays `&quot;`.
  mutating func replaceEntities() {
    guard contains(UInt8(ascii: "&")) else { return }
    replace(Array("&quot;".utf8), with: Array("\"".utf8))
    replace(Array("&amp;".utf8), with: Array("&".utf8))
    replace(Array("&lt;".utf8), with: Array("<".utf8))
    replace(Array("&gt;".utf8), with: Array(">".utf8))
  }

  /// Sets apart a point or comma not after a digit, one not before a digit, a hyphen after a digit.
  func separatingMteval13aNumbers() -> [UInt8] {
    let text = separatingPairs(with: space, .after) { !isDigit($0) && isPointOrComma($1) }
      .separatingPairs(with: space, .before) { isPointOrComma($0) && !isDigit($1) }
    return text.separatingPairs(with: space, .after) { isDigit($0) && $1 == UInt8(ascii: "-") }
  }

  /// Replaces `pattern` from left to right, where occurrences do not overlap.
  mutating func replace(_ pattern: [UInt8], with replacement: [UInt8]) {
    guard contains(pattern[0]) else { return }
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var index = 0
    while index < count {
      if self[index] == pattern[0] && self[index...].starts(with: pattern) {
        result.append(contentsOf: replacement)
        index += pattern.count
      } else {
        result.append(self[index])
        index += 1
      }
    }
    self = result
  }

  /// Sets apart ASCII punctuation but for the apostrophe, comma, hyphen and point.
  func isolatingMteval13aPunctuation() -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count * 2)
    for byte in self {
      if isPunctuation(byte) {
        result.append(space)
        result.append(byte)
        result.append(space)
      } else {
        result.append(byte)
      }
    }
    return result
  }
}
