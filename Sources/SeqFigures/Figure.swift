/// Something that can be drawn in a terminal and as a standalone SVG file.
public protocol Figure: Sendable {
  /// The figure in letters, every line ended.
  func terminal(width: Int, color: TerminalColor) -> String
  /// The figure as a file of its own, with its own background.
  func svg() -> String
}

/// What colours a terminal shows.
public enum TerminalColor: Hashable, Sendable {
  /// Letters and blocks only.
  case none
  /// The 256 of xterm and its descendants.
  case palette
}

/// Several figures, one below the other, in one file.
public struct FigureSheet: Figure {
  /// From top to bottom.
  public var figures: [any Figure]

  /// Figures in the order they are drawn in.
  public init(_ figures: [any Figure]) { self.figures = figures }

  /// All figures, a blank line between them.
  public func terminal(width: Int = 80, color: TerminalColor = .none) -> String {
    figures.map { $0.terminal(width: width, color: color) }.joined(separator: "\n")
  }

  /// All figures in one file.
  public func svg() -> String {
    let drawings = figures.compactMap { ($0 as? any DrawnFigure)?.drawing }
    guard let first = drawings.first else {
      return SVGDrawing(width: 16, height: 16, title: "").text
    }
    var sheet = SVGDrawing(
      width: drawings.map(\.width).max() ?? 0, height: drawings.reduce(0) { $0 + $1.height },
      title: first.title)
    var y = 0.0
    for drawing in drawings {
      sheet.place(drawing, y: y)
      y += drawing.height
    }
    return sheet.text
  }
}

/// A figure that a sheet can hold.
protocol DrawnFigure: Figure {
  var drawing: SVGDrawing { get }
}
