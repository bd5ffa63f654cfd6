extension Curves {
  /// Colours told apart by people who see few of them (Okabe & Ito 2008).
  static let colors = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#56b4e9", "#e69f00", "#000000",
  ]

  /// The panels as a file of their own.
  public func svg() -> String { drawing.text }

  var drawing: SVGDrawing {
    let width = 760.0
    let panelHeight = 190.0
    let frame = (left: 76.0, width: width - 76 - 24)
    let legends = panels.map { Legend($0, width: frame.width) }
    var y = 48.0
    var drawing = SVGDrawing(
      width: width,
      height: legends.reduce(y + 16) { $0 + panelHeight + 62 + $1.height }, title: title)
    drawing.text(title, x: 16, y: 30, size: 16, isBold: true)
    let xRange = xRange
    for (index, panel) in panels.enumerated() {
      y += 24 + legends[index].height
      draw(
        panel, legends[index], &drawing, x: frame.left, y: y, width: frame.width,
        height: panelHeight, xRange: xRange, isLast: index == panels.count - 1)
      y += panelHeight + 38
    }
    return drawing
  }

  private func draw(
    _ panel: Panel, _ legend: Legend, _ drawing: inout SVGDrawing, x left: Double, y top: Double,
    width: Double,
    height: Double, xRange: ClosedRange<Double>, isLast: Bool
  ) {
    let quiet = SVGDrawing.quiet
    let yRange = panel.yRange
    func x(_ value: Double) -> Double {
      left + 6 + (value - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound)
        * (width - 12)
    }
    func y(_ value: Double) -> Double {
      top + height - 6 - (value - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
        * (height - 12)
    }
    drawing.text(panel.title, x: left, y: top - 8 - legend.height, isBold: true)
    let yTicks = AxisTicks(yRange, count: 5)
    for tick in yTicks.values {
      drawing.line(from: (left, y(tick)), to: (left + width, y(tick)), stroke: SVGDrawing.line)
      drawing.text(
        yTicks.text(tick), x: left - 8, y: y(tick) + 4, anchor: .end, size: 12, fill: quiet)
    }
    let xTicks = AxisTicks(xRange, count: 8)
    for tick in xTicks.values {
      drawing.line(from: (x(tick), top), to: (x(tick), top + height), stroke: SVGDrawing.line)
      drawing.text(
        xTicks.text(tick), x: x(tick), y: top + height + 17, anchor: .middle, size: 12,
        fill: quiet)
    }
    if isLast {
      drawing.text(
        xLabel, x: left + width, y: top + height + 34, anchor: .end, size: 12, fill: quiet)
    }
    drawing.rectangle(x: left, y: top, width: width, height: height, fill: "none", stroke: quiet)
    for (index, series) in panel.series.enumerated() {
      let color = Self.colors[(series.color ?? index) % Self.colors.count]
      let points = series.thinned(to: 600)
      for part in points.split(whereSeparator: { !$0.isFinite }) {
        drawing.path(part.map { (x($0.x), y($0.y)) }, stroke: color, isDashed: series.isDashed)
        guard points.count <= 40 else { continue }
        for point in part { drawing.dot(x: x(point.x), y: y(point.y), fill: color) }
      }
    }
    legend.draw(on: &drawing, left: left, right: left + width, y: top - 8)
  }
}

/// The names of a panel's lines: at the end of its title's line where there is room, in rows below it
/// where there is none.
private struct Legend {
  private struct Entry {
    let name: String
    let color: String
    let isDashed: Bool

    var width: Double { SVGDrawing.width(of: name, size: 12) + 28 }
  }

  private static let gap = 14.0
  private static let pitch = 17.0
  private let rows: [[Entry]]
  private let isBesideTitle: Bool

  /// Lines without a name, whose colours another panel explains, are left out.
  init(_ panel: Curves.Panel, width: Double) {
    let entries = panel.series.enumerated().map { index, series in
      Entry(
        name: series.name.withoutControls.truncated(toCells: 36),
        color: Curves.colors[(series.color ?? index) % Curves.colors.count],
        isDashed: series.isDashed)
    }.filter { !$0.name.isEmpty }
    let room = width - SVGDrawing.width(of: panel.title) - 2 * Self.gap
    isBesideTitle = entries.reduce(0) { $0 + $1.width + Self.gap } <= room
    if isBesideTitle {
      rows = [entries]
      return
    }
    var rows: [[Entry]] = []
    var used = Double.infinity
    for entry in entries {
      if used + entry.width > width {
        rows.append([])
        used = 0
      }
      rows[rows.count - 1].append(entry)
      used += entry.width + Self.gap
    }
    self.rows = rows
  }

  /// What the rows below the title need.
  var height: Double { isBesideTitle ? 0 : Double(rows.count) * Self.pitch }

  /// Draws the rows above the panel, the last at `y`.
  func draw(on drawing: inout SVGDrawing, left: Double, right: Double, y: Double) {
    for (index, row) in rows.enumerated() {
      let y = y - Double(rows.count - 1 - index) * Self.pitch
      let width = row.reduce(-Self.gap) { $0 + $1.width + Self.gap }
      var x = isBesideTitle ? right - width : left
      for entry in row {
        drawing.path([(x, y - 4), (x + 24, y - 4)], stroke: entry.color, isDashed: entry.isDashed)
        drawing.text(entry.name, x: x + 28, y: y, size: 12, fill: SVGDrawing.quiet)
        x += entry.width + Self.gap
      }
    }
  }
}
