extension Curves {
  /// The panels in letters, every line ended, no line longer than the width.
  ///
  /// With colours a line is drawn in dots of Braille, eight to a cell; without them every series
  /// has a letter of its own.
  public func terminal(width: Int = 80, color: TerminalColor = .none) -> String {
    let height = 10
    var text = title.isEmpty ? "" : title.withoutControls.truncated(toCells: width) + "\n"
    for panel in panels {
      text += "\n" + panel.title.withoutControls.truncated(toCells: width) + "\n"
      text += plot(panel, width: width, height: height, color: color)
      text += legend(panel, color: color)
    }
    return text
  }

  private static let marks: [Character] = ["•", "×", "+", "o", "*", "#", "@", "%"]
  private static let terminalColors = [33, 208, 36, 175, 136, 81, 214, 250]

  private func plot(_ panel: Panel, width: Int, height: Int, color: TerminalColor) -> String {
    let yRange = panel.yRange
    let ticks = AxisTicks(yRange, count: 4)
    let labels = ticks.values.map { ticks.text($0) }
    let indent = labels.map(\.cellCount).max() ?? 0
    let columns = max(10, width - indent - 3)
    let isBraille = color == .palette || panel.series.count == 1
    var canvas = DotCanvas(columns: columns, rows: height, isFine: isBraille)
    for (index, series) in panel.series.enumerated() {
      draw(
        series.thinned(to: 4 * columns), on: &canvas, yRange: yRange,
        ink: panel.ink(of: series, at: index))
    }
    var lines = canvas.lines { dots, ink in
      let character = isBraille ? dots : Self.marks[ink % Self.marks.count]
      guard color == .palette else { return String(character) }
      let code = Self.terminalColors[ink % Self.terminalColors.count]
      return "\u{1B}[38;5;\(code)m\(character)\u{1B}[0m"
    }
    for index in lines.indices { lines[index] = "│" + lines[index] }
    var margins = Array(repeating: "", count: height)
    for (tick, label) in zip(ticks.values, labels) {
      let share = (tick - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
      let row = Int(((1 - share) * Double(height - 1)).rounded())
      if margins.indices.contains(row) { margins[row] = label }
    }
    let rows = zip(margins, lines).map { $0.indented(toCells: indent) + " " + $1 + "\n" }
    let blank = String(repeating: " ", count: indent + 1)
    return rows.joined() + blank + "└" + String(repeating: "─", count: columns) + "\n" + blank
      + xAxis(columns: columns) + "\n"
  }

  private func draw(
    _ points: [Point], on canvas: inout DotCanvas, yRange: ClosedRange<Double>, ink: Int
  ) {
    let xRange = xRange
    func place(_ point: Point) -> (x: Double, y: Double) {
      (
        (point.x - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound),
        1 - (point.y - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
      )
    }
    for part in points.split(whereSeparator: { !$0.isFinite }) {
      let places = part.map(place)
      guard let first = places.first else { continue }
      canvas.line(from: first, to: first, ink: ink)
      for (start, end) in zip(places, places.dropFirst()) {
        canvas.line(from: start, to: end, ink: ink)
      }
    }
  }

  /// The least and the greatest, with the label between them.
  private func xAxis(columns: Int) -> String {
    let range = xRange
    let ticks = AxisTicks(range, count: 100)
    func text(_ end: Double) -> String {
      end == end.rounded() && abs(end) < 1e7 ? "\(Int(end))" : ticks.text(end)
    }
    let (first, last) = (text(range.lowerBound), text(range.upperBound))
    let middle = max(0, columns - first.cellCount - last.cellCount)
    let label = xLabel.withoutControls.truncated(toCells: max(0, middle - 2))
    let before = (middle - label.cellCount) / 2
    return " " + first + String(repeating: " ", count: before) + label
      + String(repeating: " ", count: middle - label.cellCount - before) + last
  }

  private func legend(_ panel: Panel, color: TerminalColor) -> String {
    let names = panel.series.enumerated().filter { !$0.element.name.isEmpty }.map { index, series in
      let ink = panel.ink(of: series, at: index)
      let name = series.name.withoutControls
      guard color == .palette else {
        return panel.series.count == 1 ? name : "\(Self.marks[ink % Self.marks.count]) \(name)"
      }
      let code = Self.terminalColors[ink % Self.terminalColors.count]
      return "\u{1B}[38;5;\(code)m━\u{1B}[0m \(name)"
    }
    return names.map { "  \($0)\n" }.joined()
  }
}

extension Curves.Panel {
  /// Which letter or colour a line has: dashed ones those behind all that are not.
  fileprivate func ink(of series: Curves.Series, at index: Int) -> Int {
    let colors = self.series.enumerated().map { $1.color ?? $0 }
    return colors[index] + (series.isDashed ? (colors.max() ?? 0) + 1 : 0)
  }
}
