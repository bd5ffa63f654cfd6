/// Gives equal tokens equal numbers, so that comparing text becomes comparing integers.
///
/// Tokens are equal when their bytes are: composed and decomposed é are two tokens.
struct TokenInterner {
  private var paths = PathTable()

  /// The numbers of the tokens in `text`, which are what lies between white space.
  mutating func tokens(in text: [UInt8]) -> [Int32] {
    var tokens: [Int32] = []
    var node: Int32 = 0
    var index = 0
    while index < text.count {
      let width = Whitespace.width(at: index, in: text)
      if width == 0 {
        node = paths.addChild(of: node, by: Int32(text[index]))
        index += 1
        continue
      }
      if node != 0 { tokens.append(node) }
      node = 0
      index += width
    }
    if node != 0 { tokens.append(node) }
    return tokens
  }
}
