/// Reads a file of links between words, a line for every line of a corpus, beside its pairs.
struct AlignmentReader {
  private let lines: LineReader

  init(path: String) throws(TextError) { lines = try LineReader(path: path) }

  /// The links of the next line, words counted from 0.
  ///
  /// - Throws: ``TextError`` when there is none, or it holds something else.
  func next() throws(TextError) -> [AlignmentLink] {
    guard let line = try lines.next() else {
      throw TextError(
        .badData, file: lines.path, found: "\(lines.lineNumber) lines, the corpus has more",
        expected: "a line for every pair, if need be an empty one")
    }
    var links: [AlignmentLink] = []
    for word in line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }) {
      let text = String(decoding: word, as: UTF8.self)
      guard let link = AlignmentLink(text) else {
        throw TextError(
          .badData, file: lines.path, line: lines.lineNumber, found: "'\(text)'",
          expected: "links such as 0-0 1-2: a word of the source and one of the target, from 0")
      }
      links.append(link)
    }
    return links
  }

  /// - Throws: ``TextError`` when a link names a word that a side of the pair does not have.
  func check(_ links: [AlignmentLink], sourceWords: Int, targetWords: Int) throws(TextError) {
    for link in links where link.source >= sourceWords || link.target >= targetWords {
      throw TextError(
        .badData, file: lines.path, line: lines.lineNumber, found: "\(link)",
        expected: "words of the pair: \(sourceWords) in the source, \(targetWords) in the target",
        hint: "Words are what stands between spaces, counted from 0, the source's first.")
    }
  }

  /// - Throws: ``TextError`` when there are more lines than the corpus has.
  func checkEnd() throws(TextError) {
    let count = lines.lineNumber
    guard try lines.next() != nil else { return }
    throw TextError(
      .badData, file: lines.path, found: "more than the \(count) lines of the corpus",
      expected: "a line for every pair")
  }
}
