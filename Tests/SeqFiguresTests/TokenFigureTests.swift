import Foundation
import SeqFigures
import Testing

@Suite struct TokenFigureTests {
  static let grid = TokenGrid(
    rows: [["Je", "suis", "학생", "</s>"], ["Oui", "</s>", "<pad>", "<pad>"]], lengths: [4, 2],
    title: "padding [2, 4]")

  @Test func gridInATerminal() {
    #expect(
      Self.grid.terminal(width: 80) == """
        padding [2, 4]
        0 Je  suis 학생  </s> 
        1 Oui </s> ░░░░░ ░░░░░
        ░░ masked out

        """)
    let narrow = Self.grid.terminal(width: 14)
    #expect(narrow.split(separator: "\n" as Character).allSatisfy { String($0).cellCount <= 14 })
    #expect(narrow.contains("1 ░░░░░ ░░░░░\n"))
  }

  @Test func gridAsSVG() throws {
    let elements = try SVGElements(Self.grid.svg())
    #expect(elements.texts.filter { $0 == "<pad>" }.count == 2)
    // The padding of one sentence, and the legend's.
    #expect(elements.rectangles.filter { $0["fill"] == "url(#hatch)" }.count == 2)
  }

  @Test func bars() throws {
    let bars = StackedBars(
      title: "fill", parts: ["tokens", "padding"],
      bars: [
        .init(label: "0", amounts: [6, 2], note: "75 %"), .init(label: "10", amounts: [4, 0]),
      ])
    let lines = bars.terminal(width: 20).split(separator: "\n" as Character)
    #expect(
      lines == ["fill", " 0 █████████░░░ 75 %", "10 ██████      ", "██ tokens   ░░ padding"])
    #expect(
      bars.terminal(width: 40).split(separator: "\n" as Character).allSatisfy {
        String($0).cellCount <= 40
      })
    let elements = try SVGElements(bars.svg())
    #expect(elements.rectangles.compactMap { $0["width"] }.contains("315"))
  }

  @Test func sheetHoldsAll() throws {
    let sheet = FigureSheet([Self.grid, HeatMapTests.map, CurvesTests.curves])
    let elements = try SVGElements(sheet.svg())
    for text in ["padding [2, 4]", "cross-attention", "a & b"] {
      #expect(elements.texts.contains(text))
    }
    #expect(sheet.svg().components(separatedBy: "<pattern").count == 2)
    #expect(sheet.terminal(width: 60).contains("masked out\n\ncross-attention\n"))
  }
}
