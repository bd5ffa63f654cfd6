import Foundation
import SeqFigures
import Testing

@Suite struct HeatMapTests {
  static let map = HeatMap(
    rowLabels: ["I", "am", "a", "student", "</s>"],
    columnLabels: ["Je", "suis", "학생", "</s>"],
    values: [
      [0.9, 0.1, 0, 0], [0.2, 0.8, 0, 0], [0, 0.3, 0.6, 0.1], [0, 0.02, 0.95, 0.03],
      [0, 0, 0.4, .nan],
    ], title: "cross-attention")

  @Test func blocks() {
    #expect(
      Self.map.terminal(width: 80) == """
        cross-attention
                  s   <
                  u   /
                J i 학s
                e s 생>
              I ██      
             am ░░▓▓    
              a   ░░▓▓  
        student     ██  
           </s>     ▒▒··
        0   ░░▒▒▓▓██ .95   ·· masked out

        """)
  }

  @Test func numbers() {
    var map = Self.map
    map.showsNumbers = true
    let lines = map.terminal(width: 80).split(separator: "\n" as Character)
    #expect(lines[8] == "student .00 .02 .95 .03 ")
    #expect(lines[9] == "   </s> .00 .00 .40 ····")
  }

  @Test func coloursAreThoseOfThePalette() {
    let text = Self.map.terminal(width: 80, color: .palette)
    #expect(text.contains("\u{1B}[48;5;220;38;5;16m  \u{1B}[0m"))
    // Without its colours it has the same cells as without any.
    let plain: String = text.replacing(#/\x1B\[[0-9;]*m/#, with: "")
    #expect(plain.components(separatedBy: "\n").prefix(9).allSatisfy { $0.count <= 16 })
    #expect(plain.contains("   </s>       ··\n"))
  }

  /// What does not fit beside each other follows below; no line is longer than the width.
  @Test(arguments: [16, 24, 40, 79, 120])
  func keepsToTheWidth(width: Int) {
    let labels = (0..<40).map { ["▁나는", "étudiant", "👩‍👩‍👧", "aujourd'hui", "입니다"][$0 % 5] }
    let map = HeatMap(
      rowLabels: labels, columnLabels: labels,
      values: (0..<40).map { row in (0..<40).map { $0 == row ? 1 : 0 } }, title: "forty by forty")
    let lines = map.terminal(width: width).split(separator: "\n" as Character).map(String.init)
    #expect(lines.allSatisfy { $0.cellCount <= width })
    // Every cell of the diagonal is there.
    let marks = lines.dropLast().joined().filter { $0 == "█" }.count
    #expect(marks == 80)
  }

  @Test func svgIsAStandaloneFile() throws {
    let labels = ["a&b", "<pad>", "\"q\"", "&\u{301}", "학생", "é", "\u{1B}[0m"]
    let map = HeatMap(
      rowLabels: labels, columnLabels: labels,
      values: (0..<7).map { row in (0..<7).map { $0 > row ? .nan : 1 / Double(row + 1) } },
      title: "<title> & more")
    let elements = try SVGElements(map.svg())
    #expect(elements.texts.filter { $0 == "a&b" }.count == 2)
    #expect(elements.texts.contains("&\u{301}"))
    #expect(elements.texts.contains("학생"))
    #expect(elements.texts.contains("␛[0m"))
    #expect(elements.titles.first == "<title> & more")
    // A background first, so that it can be read on any.
    let first = try #require(elements.rectangles.first { $0["width"] == "100%" })
    #expect(first["fill"] == "#ffffff")
    // The cells of a triangle, and a hatched area for the rest of every row but the last.
    #expect(elements.titles.count == 1 + 28)
    #expect(elements.rectangles.filter { $0["fill"] == "url(#hatch)" }.count == 6 + 1)
    #expect(!map.svg().contains("href"))
  }

  /// No label of 40 × 40 tokens runs out of the picture or into its neighbour.
  @Test func labelsHaveRoom() throws {
    let labels = (0..<40).map { ["▁나는", "étudiant", "anticonstitutionnellement", "입니다"][$0 % 4] }
    let map = HeatMap(
      rowLabels: labels, columnLabels: labels,
      values: (0..<40).map { _ in (0..<40).map { _ in 0.5 } }, title: "")
    let elements = try SVGElements(map.svg())
    let turned = elements.textAttributes.compactMap { $0["transform"] }
    #expect(turned.count == 40)
    let columns = turned.compactMap { Double($0.dropFirst(10).prefix { $0 != " " }) }
    // Turned by 60°, letters of 13 need 13 / sin 60° of width.
    #expect(zip(columns, columns.dropFirst()).allSatisfy { $1 - $0 >= 15 })
    let width = try #require(elements.size.map { $0.width })
    #expect(width > (columns.last ?? 0) + 25 * 6 * 0.5)
  }
}
