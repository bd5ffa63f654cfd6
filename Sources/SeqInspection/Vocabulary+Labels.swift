internal import SeqText

extension Vocabulary {
  /// What a figure calls an id: its piece; bytes that are no text in hexadecimal, and blanks as
  /// something that can be seen.
  func label(of id: Int32) -> String {
    guard pieces.indices.contains(Int(id)) else { return "#\(id)" }
    let piece = pieces[Int(id)]
    guard let text = String(validating: piece, as: UTF8.self) else {
      return "<" + piece.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + ">"
    }
    return text.isEmpty
      ? "∅" : text.allSatisfy { $0 == " " } ? text.map { _ in "␣" }.joined() : text
  }

  /// What a figure calls ids; `words` are those that ids beyond the vocabulary stand for.
  func labels(
    of ids: some Sequence<Int32>, _ words: UnknownWords = UnknownWords([])
  ) -> [String] {
    ids.map { id in
      let number = Int(id) - count
      return words.words.indices.contains(number)
        ? String(decoding: words.words[number], as: UTF8.self) : label(of: id)
    }
  }
}

extension [String] {
  /// What a figure calls groups of so many neighbouring tokens: the first and the last of each.
  func groupLabels(of size: Int) -> [String] {
    stride(from: 0, to: count, by: size).map { first in
      let last = Swift.min(first + size, count) - 1
      return first == last ? self[first] : "\(self[first])…\(self[last])"
    }
  }
}
