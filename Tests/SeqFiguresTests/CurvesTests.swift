import Foundation
import SeqFigures
import Testing

@Suite struct CurvesTests {
  static let curves = Curves(
    title: "a & b", xLabel: "step",
    panels: [
      Curves.Panel(
        title: "loss",
        series: [
          Curves.Series(
            name: "training", points: (0...10).map { .init(x: Double($0) * 10, y: 10 - Double($0)) }
          ),
          Curves.Series(
            name: "validation",
            points: [.init(x: 0, y: 9), .init(x: 50, y: .nan), .init(x: 100, y: 1)],
            isDashed: true),
        ]),
      Curves.Panel(
        title: "one value", series: [Curves.Series(name: "still", points: [.init(x: 50, y: 3)])]),
      Curves.Panel(title: "nothing", series: [Curves.Series(name: "empty", points: [])]),
    ])

  @Test func svg() throws {
    let elements = try SVGElements(Self.curves.svg())
    #expect(elements.texts.contains("a & b"))
    #expect(elements.texts.contains("validation"))
    // A line and its sample in the legend; a number that is none cuts the other line in two.
    let dashed = elements.paths.filter { $0["stroke-dasharray"] != nil }
    #expect(dashed.count == 3)
    #expect(elements.paths.allSatisfy { !($0["d"] ?? "").contains("nan") })
    for tick in ["0", "20", "100", "3.0"] { #expect(elements.texts.contains(tick), "\(tick)") }
  }

  @Test func manyNamesStandInRowsBelowTheTitle() throws {
    let series = (0..<6).map { index in
      Curves.Series(name: "a run with a long name, \(index)", points: [.init(x: 0, y: 1)])
    }
    let nameless = Curves.Series(name: "", points: [.init(x: 0, y: 2)])
    func places(_ series: [Curves.Series]) throws -> (y: [String: Double], height: Double) {
      let panel = Curves.Panel(title: "loss", series: series)
      let elements = try SVGElements(Curves(title: "run", xLabel: "", panels: [panel]).svg())
      let ys = zip(elements.texts, elements.textAttributes).map { text, attributes in
        (text, Double(attributes["y"] ?? "") ?? .nan)
      }
      let place = Dictionary(ys) { first, _ in first }
      return (place, try #require(elements.size).height)
    }
    let few = try places(Array(series.prefix(1)) + [nameless])
    #expect(few.y[series[0].name] == few.y["loss"])
    let many = try places(series + [nameless])
    #expect(many.y["loss"] == few.y["loss"])
    let rows = Set(series.compactMap { many.y[$0.name] })
    #expect(rows.count == 2 && rows.allSatisfy { $0 > many.y["loss"] ?? 0 })
    #expect(many.height == few.height + 34)
    let panel = Curves.Panel(title: "loss", series: series + [nameless])
    let text = Curves(title: "run", xLabel: "", panels: [panel]).terminal(width: 60)
    #expect(text.split(separator: "\n").count { $0.hasPrefix("  ") && $0.contains("run") } == 6)
  }

  @Test func terminal() {
    let text = Self.curves.terminal(width: 40)
    let lines = text.split(separator: "\n" as Character, omittingEmptySubsequences: false).map(
      String.init)
    #expect(lines.allSatisfy { $0.cellCount <= 40 })
    #expect(lines[0] == "a & b")
    #expect(lines[3].hasPrefix("10 │••"))
    #expect(text.contains("  • training\n"))
    #expect(lines.contains { $0.hasPrefix("    0") && $0.contains("step") && $0.hasSuffix("100") })
    let colored = Self.curves.terminal(width: 40, color: .palette)
    #expect(colored.contains("\u{1B}[38;5;33m━\u{1B}[0m training"))
  }

  /// Three runs with two lines each are told apart without colours too.
  @Test func everyLineHasALetterOfItsOwn() {
    let points = [Curves.Point(x: 1, y: 1), Curves.Point(x: 21, y: 2)]
    let series = (0..<6).map { line in
      Curves.Series(
        name: "line \(line)", points: points, color: line / 2, isDashed: line % 2 == 0)
    }
    let text = Curves(
      title: "", xLabel: "place", panels: [.init(title: "", series: series)]
    ).terminal(width: 60)
    let lines = text.split(separator: "\n" as Character)
    let marks = lines.filter { $0.hasPrefix("  ") }.suffix(6).compactMap { $0.dropFirst(2).first }
    #expect(Set(marks).count == 6)
    #expect(lines.contains { $0.hasSuffix("21") && $0.contains(" 1 ") })
  }

  @Test func manyPointsStaySmall() {
    let series = Curves.Series(
      name: "long", points: (0..<100_000).map { .init(x: Double($0), y: sin(Double($0) / 5000)) })
    let curves = Curves(title: "", xLabel: "", panels: [.init(title: "", series: [series])])
    #expect(curves.svg().utf8.count < 20_000)
  }
}
