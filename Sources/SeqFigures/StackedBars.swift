/// Amounts laid end to end in a bar, one bar a row: what a whole is made of.
public struct StackedBars: DrawnFigure, Hashable {
  /// A row with its amounts, in the order of the parts.
  public struct Bar: Hashable, Sendable {
    /// Written on the left.
    public var label: String
    /// None negative.
    public var amounts: [Double]
    /// Written on the right.
    public var note: String

    /// A bar between two texts.
    public init(label: String, amounts: [Double], note: String = "") {
      self.label = label
      self.amounts = amounts
      self.note = note
    }
  }

  /// Written above everything; may be empty.
  public var title: String
  /// What the amounts of every bar are, in their order; at most four.
  public var parts: [String]
  /// From top to bottom.
  public var bars: [Bar]

  /// Bars of the same parts.
  public init(title: String, parts: [String], bars: [Bar]) {
    self.title = title
    self.parts = parts
    self.bars = bars
  }

  private var largest: Double { max(bars.map { $0.amounts.reduce(0, +) }.max() ?? 0, 1e-300) }

  private static let blocks = ["█", "░", "▓", "▒"]
  private static let terminalColors = [33, 250, 208, 36]
  private static let colors = ["#2171b5", "#d5dbe1", "#d55e00", "#009e73"]

  /// The bars in blocks, every line ended, no line longer than the width.
  public func terminal(width: Int = 80, color: TerminalColor = .none) -> String {
    let labels = bars.map(\.label.withoutControls)
    let notes = bars.map(\.note.withoutControls)
    let labelWidth = labels.map(\.cellCount).max() ?? 0
    let noteWidth = notes.map(\.cellCount).max() ?? 0
    let length = max(8, width - labelWidth - noteWidth - 2)
    func block(_ part: Int, _ count: Int) -> String {
      let text = String(repeating: Self.blocks[part % 4], count: count)
      guard color == .palette else { return text }
      return "\u{1B}[38;5;\(Self.terminalColors[part % 4])m\(text)\u{1B}[0m"
    }
    var text = title.isEmpty ? "" : title.withoutControls.truncated(toCells: width) + "\n"
    for (index, bar) in bars.enumerated() {
      var (sum, drawn) = (0.0, 0)
      text += labels[index].indented(toCells: labelWidth) + " "
      for (part, amount) in bar.amounts.enumerated() {
        sum += amount
        let end = Int((sum / largest * Double(length)).rounded())
        text += block(part, end - drawn)
        drawn = end
      }
      text += String(repeating: " ", count: length - drawn)
      text += notes[index].isEmpty ? "\n" : " " + notes[index] + "\n"
    }
    let legend = parts.enumerated().map { "\(block($0, 2)) \($1)" }
    return text + legend.joined(separator: "   ") + "\n"
  }

  /// The bars as a file of their own.
  public func svg() -> String { drawing.text }

  var drawing: SVGDrawing {
    let (margin, pitch, length) = (16.0, 20.0, 420.0)
    func widest(_ texts: [String]) -> Double {
      texts.map { SVGDrawing.width(of: $0, size: 12) }.max() ?? 0
    }
    let left = margin + widest(bars.map(\.label)) + 8
    let top = margin + (title.isEmpty ? 0 : 28)
    let height = pitch * Double(bars.count)
    var drawing = SVGDrawing(
      width: max(
        left + length + 8 + widest(bars.map(\.note)) + margin,
        SVGDrawing.width(of: title, size: 15) + 2 * margin),
      height: top + height + 46, title: title)
    if !title.isEmpty {
      drawing.text(title, x: margin, y: margin + 15, size: 15, isBold: true)
    }
    for (index, bar) in bars.enumerated() {
      let y = top + pitch * Double(index)
      drawing.text(bar.label, x: left - 8, y: y + 14, anchor: .end, size: 12)
      var x = left
      for (part, amount) in bar.amounts.enumerated() {
        let width = amount / largest * length
        drawing.rectangle(
          x: x, y: y + 3, width: width, height: pitch - 6, fill: Self.colors[part % 4])
        x += width
      }
      drawing.text(bar.note, x: x + 8, y: y + 14, size: 12, fill: SVGDrawing.quiet)
    }
    var x = left
    for (part, name) in parts.enumerated() {
      let y = top + height + 14
      drawing.rectangle(x: x, y: y, width: 14, height: 14, fill: Self.colors[part % 4])
      drawing.text(name, x: x + 20, y: y + 11.5, size: 12, fill: SVGDrawing.quiet)
      x += 34 + SVGDrawing.width(of: name, size: 12)
    }
    return drawing
  }
}
