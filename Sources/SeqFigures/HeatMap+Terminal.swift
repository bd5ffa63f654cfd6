extension HeatMap {
  /// The map in letters and blocks, every line ended, no line longer than the width.
  ///
  /// Columns are two cells wide, four with numbers; those that do not fit beside each other follow
  /// below. Their labels are written downwards.
  public func terminal(width: Int = 80, color: TerminalColor = .none) -> String {
    let labels = rowLabels.map(\.withoutControls)
    let labelWidth = min(labels.map(\.cellCount).max() ?? 0, max(4, width / 3))
    let cellWidth = showsNumbers ? 4 : 2
    let columnsPerPanel = max(1, (width - labelWidth - 1) / cellWidth)
    var text = title.isEmpty ? "" : title.withoutControls.truncated(toCells: width) + "\n"
    for start in stride(from: 0, to: max(columnLabels.count, 1), by: columnsPerPanel) {
      let columns = start..<min(start + columnsPerPanel, columnLabels.count)
      if start > 0 { text += "\n" }
      text += header(of: columns, cellWidth: cellWidth, indent: labelWidth + 1)
      for (label, row) in zip(labels, values) {
        let cells = row[columns].map { cell($0, width: cellWidth, color: color) }.joined()
        text += label.indented(toCells: labelWidth) + " " + cells + "\n"
      }
    }
    return text + legend(color) + "\n"
  }

  /// Labels written downwards, their ends on the matrix.
  private func header(of columns: Range<Int>, cellWidth: Int, indent: Int) -> String {
    let labels = columns.map { Array(columnLabels[$0].withoutControls.shortened(toCharacters: 14)) }
    let height = labels.map(\.count).max() ?? 0
    return (0..<height).map { line in
      let letters = labels.map { label in
        let index = line - (height - label.count)
        return (index >= 0 ? String(label[index]) : "").padded(toCells: cellWidth)
      }
      let text = String(repeating: " ", count: indent) + letters.joined()
      return text.trimmingTrailingSpaces + "\n"
    }.joined()
  }

  private func cell(_ value: Double, width: Int, color: TerminalColor) -> String {
    guard value.isFinite else { return String(repeating: "·", count: width) }
    let share = value / largest
    let number = showsNumbers ? (value.cellText).indented(toCells: width - 1) + " " : nil
    switch color {
    case .none:
      let shades = content == .mask ? "██" : String(repeating: Self.shade(of: share), count: 2)
      return number ?? shades
    case .palette:
      let fill = ColorRamp.viridis.color(at: share)
      let letters = fill.isLight ? 16 : 231
      return "\u{1B}[48;5;\(fill.terminalCode);38;5;\(letters)m"
        + (number ?? String(repeating: " ", count: width)) + "\u{1B}[0m"
    }
  }

  private static let shades: [Character] = [" ", "░", "▒", "▓", "█"]

  private static func shade(of share: Double) -> Character {
    shades[Int((min(max(share, 0), 1) * Double(shades.count - 1)).rounded())]
  }

  private func legend(_ color: TerminalColor) -> String {
    let masked = values.joined().contains { !$0.isFinite } ? "   ·· masked out" : ""
    if content == .mask {
      var allowed = self
      allowed.showsNumbers = false
      return allowed.cell(largest, width: 2, color: color) + " may attend" + masked
    }
    var ramp = HeatMap(rowLabels: [], columnLabels: [], values: [])
    ramp.showsNumbers = false
    let steps = color == .none ? Self.shades.count : 12
    let shades = (0..<steps).map {
      ramp.cell(Double($0) / Double(steps - 1), width: 2, color: color)
    }
    return "0 " + shades.joined() + " " + largest.cellText + masked
  }
}

extension String {
  fileprivate func shortened(toCharacters limit: Int) -> String {
    count > limit ? prefix(limit - 1) + "…" : self
  }

  fileprivate var trimmingTrailingSpaces: Substring {
    self[..<(lastIndex { $0 != " " }.map { index(after: $0) } ?? startIndex)]
  }
}
