extension HeatMap {
  /// The map as a file of its own; the tip of every cell that is not blank is its value.
  public func svg() -> String { drawing.text }

  var drawing: SVGDrawing {
    let cell = showsNumbers ? 32.0 : 22.0
    let margin = 16.0
    let angle = 60.0
    let rows = rowLabels.map { $0.withoutControls.truncated(toCells: 28) }
    let columns = columnLabels.map { $0.withoutControls.truncated(toCells: 28) }
    let rowWidth = rows.map { SVGDrawing.width(of: $0) }.max() ?? 0
    let columnWidth = columns.map { SVGDrawing.width(of: $0) }.max() ?? 0
    // sin 60° and cos 60°.
    let columnHeight = columnWidth * 0.866 + SVGDrawing.fontSize * 0.5
    let titleHeight = title.isEmpty ? 0 : 28.0
    let left = margin + rowWidth + 8
    let top = margin + titleHeight + columnHeight + 8
    let (width, height) = (cell * Double(columns.count), cell * Double(rows.count))
    // The last labels lean over the right edge.
    let overhang = max(
      16,
      columns.enumerated().map { index, label in
        SVGDrawing.width(of: label) * 0.5 - cell * (Double(columns.count - index) - 0.5)
      }.max() ?? 0)
    let total = max(
      left + width + overhang + margin,
      margin * 2 + SVGDrawing.width(of: title, size: 15), left + 200 + margin)
    var drawing = SVGDrawing(width: total, height: top + height + 52, title: title)
    if !title.isEmpty {
      drawing.text(title, x: margin, y: margin + 15, size: 15, isBold: true)
    }
    for (index, label) in columns.enumerated() {
      drawing.text(
        label, x: left + cell * (Double(index) + 0.5) + 4, y: top - 6, rotation: -angle)
    }
    for (index, label) in rows.enumerated() {
      drawing.text(
        label, x: left - 8, y: top + cell * (Double(index) + 0.5) + 4.5, anchor: .end)
    }
    drawCells(&drawing, left: left, top: top, cell: cell)
    drawing.rectangle(
      x: left, y: top, width: width, height: height, fill: "none", stroke: SVGDrawing.quiet)
    drawLegend(&drawing, x: left, y: top + height + 14)
    return drawing
  }

  private func drawCells(_ drawing: inout SVGDrawing, left: Double, top: Double, cell: Double) {
    let (width, height) = (cell * Double(columnLabels.count), cell * Double(rowLabels.count))
    for (row, values) in values.enumerated() {
      let y = top + cell * Double(row)
      var column = 0
      while column < values.count {
        let x = left + cell * Double(column)
        let value = values[column]
        guard value.isFinite else {
          // Neighbours that are masked are one area.
          let end = values[column...].firstIndex(where: \.isFinite) ?? values.count
          drawing.rectangle(
            x: x, y: y, width: cell * Double(end - column), height: cell, fill: SVGDrawing.hatch)
          column = end
          continue
        }
        draw(value, &drawing, x: x, y: y, cell: cell, row: row, column: column)
        column += 1
      }
    }
    for index in 1..<max(rowLabels.count, 1) {
      let y = top + cell * Double(index)
      drawing.line(from: (left, y), to: (left + width, y), stroke: SVGDrawing.line)
    }
    for index in 1..<max(columnLabels.count, 1) {
      let x = left + cell * Double(index)
      drawing.line(from: (x, top), to: (x, top + height), stroke: SVGDrawing.line)
    }
  }

  private func draw(
    _ value: Double, _ drawing: inout SVGDrawing, x: Double, y: Double, cell: Double, row: Int,
    column: Int
  ) {
    let color = fill(value / largest)
    if color != ColorRamp.blues.color(at: 0) {
      let tip =
        content == .mask
        ? nil : "\(rowLabels[row]) ← \(columnLabels[column]): \(value.cellText)"
      drawing.rectangle(
        x: x, y: y, width: cell, height: cell, fill: color.hexadecimal, tip: tip)
    }
    guard showsNumbers else { return }
    drawing.text(
      value.cellText, x: x + cell / 2, y: y + cell / 2 + 4, anchor: .middle, size: 11,
      fill: color.isLight ? SVGDrawing.ink : SVGDrawing.paper)
  }

  private func fill(_ share: Double) -> ColorRamp.Color {
    // A mask's states are to be told apart, not compared with shades.
    ColorRamp.blues.color(at: content == .mask ? 0.55 : share)
  }

  private func drawLegend(_ drawing: inout SVGDrawing, x: Double, y: Double) {
    var x = x
    let quiet = SVGDrawing.quiet
    if content == .mask {
      drawing.rectangle(x: x, y: y, width: 14, height: 14, fill: fill(1).hexadecimal)
      drawing.text("may attend", x: x + 20, y: y + 11.5, size: 12, fill: quiet)
      x += 100
    } else {
      let steps = 24
      drawing.text("0", x: x, y: y + 11.5, size: 12, fill: quiet)
      for step in 0..<steps {
        drawing.rectangle(
          x: x + 12 + 4 * Double(step), y: y, width: 4, height: 14,
          fill: fill(Double(step) / Double(steps - 1)).hexadecimal)
      }
      drawing.rectangle(x: x + 12, y: y, width: 96, height: 14, fill: "none", stroke: quiet)
      drawing.text(largest.cellText, x: x + 114, y: y + 11.5, size: 12, fill: quiet)
      x += 160
    }
    if values.joined().contains(where: { !$0.isFinite }) {
      drawing.rectangle(x: x, y: y, width: 14, height: 14, fill: SVGDrawing.hatch)
      drawing.text("masked out", x: x + 20, y: y + 11.5, size: 12, fill: quiet)
    }
  }
}
