/// Tokens in rows, sentence below sentence, with what is masked out hatched: a padded batch.
///
///     let grid = TokenGrid(rows: [["je", "dors"], ["oui", "<pad>"]], lengths: [2, 1], title: "source")
public struct TokenGrid: DrawnFigure, Hashable {
  /// The tokens of every sentence, padding included; all rows are equally long.
  public var rows: [[String]]
  /// How many tokens of every sentence are no padding.
  public var lengths: [Int]
  /// Written above everything; may be empty.
  public var title: String

  /// Sentences of a padded batch.
  ///
  /// - Precondition: A length for every row, and rows of one length.
  public init(rows: [[String]], lengths: [Int], title: String = "") {
    precondition(rows.count == lengths.count)
    precondition(rows.allSatisfy { $0.count == rows[0].count })
    self.rows = rows
    self.lengths = lengths
    self.title = title
  }

  private var columnCount: Int { rows.first?.count ?? 0 }

  /// The grid in letters, every line ended, no line longer than the width; columns that do not fit
  /// beside each other follow below.
  public func terminal(width: Int = 80, color: TerminalColor = .none) -> String {
    let labels = rows.indices.map { "\($0)" }
    let labelWidth = labels.map(\.cellCount).max() ?? 0
    let widths = (0..<columnCount).map { column in
      min(10, rows.map { $0[column].withoutControls.cellCount }.max() ?? 0)
    }
    var text = title.isEmpty ? "" : title.withoutControls.truncated(toCells: width) + "\n"
    var start = 0
    while start < columnCount {
      var (end, used) = (start + 1, labelWidth + 1 + widths[start])
      while end < columnCount, used + 1 + widths[end] <= width {
        used += 1 + widths[end]
        end += 1
      }
      if start > 0 { text += "\n" }
      for (index, row) in rows.enumerated() {
        let cells = (start..<end).map { column in
          guard column >= lengths[index] else {
            return row[column].withoutControls.padded(toCells: widths[column])
          }
          let hatch = String(repeating: "░", count: widths[column])
          return color == .palette ? "\u{1B}[38;5;244m\(hatch)\u{1B}[0m" : hatch
        }
        text += labels[index].indented(toCells: labelWidth) + " " + cells.joined(separator: " ")
        text += "\n"
      }
      start = end
    }
    return text + "░░ masked out\n"
  }

  /// The grid as a file of its own.
  public func svg() -> String { drawing.text }

  var drawing: SVGDrawing {
    let (margin, cell, left) = (16.0, 24.0, 44.0)
    let top = margin + (title.isEmpty ? 0 : 28)
    let texts = rows.map { $0.map { $0.withoutControls.truncated(toCells: 12) } }
    let widths = (0..<columnCount).map { column in
      10 + (texts.map { SVGDrawing.width(of: $0[column], size: 12) }.max() ?? 0)
    }
    let starts = widths.reduce(into: [left]) { $0.append($0[$0.count - 1] + $1) }
    let width = starts[columnCount] - left
    let height = cell * Double(rows.count)
    var drawing = SVGDrawing(
      width: max(left + width + margin, SVGDrawing.width(of: title, size: 15) + 2 * margin, 240),
      height: top + height + 46, title: title)
    if !title.isEmpty {
      drawing.text(title, x: margin, y: margin + 15, size: 15, isBold: true)
    }
    for (index, row) in texts.enumerated() {
      let y = top + cell * Double(index)
      drawing.text("\(index)", x: left - 8, y: y + 16, anchor: .end, fill: SVGDrawing.quiet)
      if lengths[index] < columnCount {
        let x = starts[lengths[index]]
        drawing.rectangle(
          x: x, y: y, width: left + width - x, height: cell, fill: SVGDrawing.hatch)
      }
      for (column, token) in row.enumerated() {
        let isMasked = column >= lengths[index]
        drawing.rectangle(
          x: starts[column], y: y, width: widths[column], height: cell, fill: "none",
          stroke: SVGDrawing.line)
        drawing.text(
          token, x: starts[column] + widths[column] / 2, y: y + 16, anchor: .middle, size: 12,
          fill: isMasked ? SVGDrawing.quiet : SVGDrawing.ink)
      }
    }
    let y = top + height + 14
    drawing.rectangle(x: left, y: y, width: 14, height: 14, fill: SVGDrawing.hatch)
    drawing.text("masked out", x: left + 20, y: y + 11.5, size: 12, fill: SVGDrawing.quiet)
    return drawing
  }
}
