/// Dots in a grid of terminal cells: two by four in every cell, or one.
struct DotCanvas {
  private let columns: Int
  private let rows: Int
  /// Dots of a cell, across and down.
  private let density: (x: Int, y: Int)
  /// For every cell the pattern of its dots, and the ink of the last one.
  private var patterns: [UInt8]
  private var inks: [Int]

  /// Nothing but paper; a fine canvas has eight dots a cell.
  init(columns: Int, rows: Int, isFine: Bool) {
    self.columns = columns
    self.rows = rows
    density = isFine ? (2, 4) : (1, 1)
    patterns = Array(repeating: 0, count: columns * rows)
    inks = Array(repeating: 0, count: columns * rows)
  }

  /// A straight line between two places, given as shares 0–1 of the width and, downwards, of the
  /// height.
  mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), ink: Int
  ) {
    func dot(_ place: (x: Double, y: Double)) -> (x: Double, y: Double) {
      (place.x * Double(columns * density.x - 1), place.y * Double(rows * density.y - 1))
    }
    let (first, last) = (dot(start), dot(end))
    let count = max(1, Int(max(abs(last.x - first.x), abs(last.y - first.y)).rounded(.up)))
    for step in 0...count {
      let share = Double(step) / Double(count)
      set(
        Int((first.x + share * (last.x - first.x)).rounded()),
        Int((first.y + share * (last.y - first.y)).rounded()), ink: ink)
    }
  }

  /// The bit of each dot in a Braille pattern, by column and row (Unicode, chapter 21.1).
  private static let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

  private mutating func set(_ x: Int, _ y: Int, ink: Int) {
    let (column, row) = (x / density.x, y / density.y)
    guard x >= 0, y >= 0, column < columns, row < rows else { return }
    patterns[row * columns + column] |= Self.bits[x % density.x][y % density.y]
    inks[row * columns + column] = ink
  }

  /// The rows, blanks at their ends left out; `draw` makes a cell of its Braille pattern and ink.
  func lines(_ draw: (_ dots: Character, _ ink: Int) -> String) -> [String] {
    (0..<rows).map { row in
      let cells = row * columns..<(row + 1) * columns
      guard let last = cells.last(where: { patterns[$0] != 0 }) else { return "" }
      return (cells.lowerBound...last).map { cell in
        guard patterns[cell] != 0, let dots = Unicode.Scalar(0x2800 + UInt32(patterns[cell])) else {
          return " "
        }
        return draw(Character(dots), inks[cell])
      }.joined()
    }
  }
}
