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
    let frame = (left: 76.0, width: width - 76 - 24, height: panelHeight)
    let pitch = panelHeight + 62
    let top = 48.0
    var drawing = SVGDrawing(
      width: width, height: top + pitch * Double(panels.count) + 16, title: title)
    drawing.text(title, x: 16, y: 30, size: 16, isBold: true)
    let xRange = xRange
    for (index, panel) in panels.enumerated() {
      draw(
        panel, &drawing, x: frame.left, y: top + pitch * Double(index) + 24, width: frame.width,
        height: frame.height, xRange: xRange, isLast: index == panels.count - 1)
    }
    return drawing
  }

  private func draw(
    _ panel: Panel, _ drawing: inout SVGDrawing, x left: Double, y top: Double, width: Double,
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
    drawing.text(panel.title, x: left, y: top - 8, isBold: true)
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
    drawLegend(panel, &drawing, right: left + width, y: top - 8)
  }

  /// From right to left above the panel, as far as its title.
  private func drawLegend(
    _ panel: Panel, _ drawing: inout SVGDrawing, right: Double, y: Double
  ) {
    var right = right
    for (index, series) in panel.series.enumerated().reversed() {
      let name = series.name.withoutControls.truncated(toCells: 36)
      let color = Self.colors[(series.color ?? index) % Self.colors.count]
      drawing.text(name, x: right, y: y, anchor: .end, size: 12, fill: SVGDrawing.quiet)
      right -= SVGDrawing.width(of: name, size: 12) + 4
      drawing.path([(right - 24, y - 4), (right, y - 4)], stroke: color, isDashed: series.isDashed)
      right -= 24 + 14
    }
  }
}
