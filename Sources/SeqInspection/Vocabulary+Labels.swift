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

  func labels(of ids: some Sequence<Int32>) -> [String] { ids.map { label(of: $0) } }
}
