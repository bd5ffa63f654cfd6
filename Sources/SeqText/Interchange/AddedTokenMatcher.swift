/// Finds added tokens in text, the leftmost first, of those that begin together the longest.
struct AddedTokenMatcher: Sendable {
  private let trie: PieceTrie
  private let tokens: [AddedToken]

  /// Looks for tokens by their contents, or by spellings given in their places.
  init(_ tokens: [AddedToken], spellings: [[UInt8]]? = nil) {
    self.tokens = tokens
    let spellings = spellings ?? tokens.map(\.content)
    // Of two with one spelling the last counts.
    trie = PieceTrie(
      spellings.enumerated().reversed().filter { !$1.isEmpty }.map { ($1, Int32($0)) })
  }

  var isEmpty: Bool { tokens.isEmpty }

  /// Hands out the parts of a text in order: an added token's id, or nil for text between them.
  func forEachPart(
    of text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>, Int32?) -> Void
  ) {
    var done = 0
    var index = 0
    while index < text.count, !tokens.isEmpty {
      guard let (match, token) = match(in: text, at: index) else {
        index += 1
        continue
      }
      index = match.upperBound
      if token.isSingleWord, !isSingleWord(match, in: text) { continue }
      var range = match
      if token.stripsLeft {
        var start = range.lowerBound
        while let last = text.scalar(before: start), last.isSpace { start -= UTF8.width(last) }
        range = max(start, done)..<range.upperBound
      }
      if token.stripsRight {
        var end = range.upperBound
        while end < text.count, text.scalar(at: end).isSpace { end += announcedLength(text[end]) }
        range = range.lowerBound..<end
      }
      if done < range.lowerBound { body(done..<range.lowerBound, nil) }
      body(range, token.id)
      done = range.upperBound
    }
    if done < text.count { body(done..<text.count, nil) }
  }

  @inline(__always)
  private func match(
    in text: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (Range<Int>, AddedToken)? {
    var node = PieceTrie.root
    var index = start
    var found: (Range<Int>, AddedToken)?
    while index < text.count {
      node = trie.step(from: node, by: text[index])
      if node == PieceTrie.none { break }
      index += 1
      let value = trie.value(at: node)
      if value != PieceTrie.none { found = (start..<index, tokens[Int(value)]) }
    }
    return found
  }

  private func isSingleWord(_ match: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    let before = text.scalar(before: match.lowerBound)
    let hasWordBehind = match.upperBound < text.count && text.scalar(at: match.upperBound).isWord
    return !(before?.isWord ?? false) && !hasWordBehind
  }
}
