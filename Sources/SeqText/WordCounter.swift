/// Counts the words of lines for BPE training, which looks at nothing else.
///
/// Memory grows with the number of different words, not with the text.
struct WordCounter {
  private var counts: [[UInt8]: Int] = [:]

  /// Counts the words of a line.
  ///
  /// Spaces beyond the one between two words stay with a word: each of them counts as a character.
  mutating func add(_ line: [UInt8]) {
    if line.isEmpty { return }
    let end = (line.lastIndex { $0 != 0x20 } ?? -1) + 1
    var start = 0
    for index in line.indices.prefix(end).dropFirst()
    where line[index] == 0x20 && line[index - 1] != 0x20 {
      counts[Array(line[start..<index]), default: 0] += 1
      start = index + 1
    }
    counts[Array(line[start...]), default: 0] += 1
  }

  /// `word<tab>count` for each word, in the order of their bytes.
  var lines: [[UInt8]] {
    counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .map { word, count in WordCounter.withoutTabs(word) + [0x09] + Array("\(count)".utf8) }
  }

  /// The library takes a tab of the text for the border of a piece, as it does a special token.
  private static func withoutTabs(_ word: [UInt8]) -> [UInt8] {
    word.contains(0x09) ? word.flatMap { $0 == 0x09 ? Array("<s>".utf8) : [$0] } : word
  }
}
