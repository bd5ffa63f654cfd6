import SeqFigures
import Testing

/// Cells of a terminal, as terminals count them.
@Suite struct TextWidthTests {
  @Test(arguments: [
    ("", 0), ("étudiant", 8), ("e\u{301}tudiant", 8), ("▁나는", 5), ("\u{1102}\u{1161}", 2),
    ("日本語", 6), ("ｆｕｌｌ", 8), ("👩‍👩‍👧", 2), ("🇫🇷", 2), ("❤️", 2), ("a\u{200B}b", 2),
    ("кот", 3), ("…", 1), ("█", 1), ("ก็", 1),
  ])
  func cells(text: String, count: Int) { #expect(text.cellCount == count) }

  @Test func cutting() {
    #expect("étudiant".truncated(toCells: 8) == "étudiant")
    #expect("étudiant".truncated(toCells: 5) == "étud…")
    // Half a letter is none.
    #expect("나는학생".truncated(toCells: 6) == "나는…")
    #expect("나는학생".truncated(toCells: 6).cellCount == 5)
    #expect("나는".padded(toCells: 6) == "나는  ")
    #expect("é".indented(toCells: 3) == "  é")
  }

  @Test func nothingMovesTheCursor() {
    #expect("a\u{1B}[2J\tb\r\n\u{7F}\u{202E}".withoutControls == "a␛[2J␉b␍␊␡\u{FFFD}")
    #expect("학생 étudiant".withoutControls == "학생 étudiant")
  }
}
