/// Colours from 0 to 1, for numbers drawn as areas.
struct ColorRamp: Sendable {
  /// A colour of a screen, each part 0–255.
  struct Color: Hashable, Sendable {
    var red: Int
    var green: Int
    var blue: Int
  }

  /// At even distances from 0 to 1.
  let stops: [Color]

  /// White to dark blue: nothing is the paper's colour, and prints well.
  static let blues = ColorRamp(
    0xFFFFFF, 0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6, 0x4292C6, 0x2171B5, 0x08519C, 0x08306B)
  /// Dark violet to yellow, seen apart on dark and light terminals alike.
  static let viridis = ColorRamp(
    0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C,
    0xFDE725)

  private init(_ stops: Int...) {
    self.stops = stops.map { Color(red: $0 >> 16, green: $0 >> 8 & 0xFF, blue: $0 & 0xFF) }
  }

  /// The colour between the stops beside a share; shares outside 0–1 take the nearest end.
  func color(at share: Double) -> Color {
    let place = min(max(share, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let rest = place - Double(index)
    func mix(_ part: (Color) -> Int) -> Int {
      let (first, second) = (Double(part(stops[index])), Double(part(stops[index + 1])))
      return Int((first + rest * (second - first)).rounded())
    }
    return Color(red: mix(\.red), green: mix(\.green), blue: mix(\.blue))
  }
}

extension ColorRamp.Color {
  /// As SVG writes it.
  var hexadecimal: String {
    let digits = String(red << 16 | green << 8 | blue, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// Whether black letters are easier to read on it than white ones.
  var isLight: Bool { 299 * red + 587 * green + 114 * blue > 140_000 }

  /// The nearest of the 6 × 6 × 6 colours that terminals of 256 colours have.
  var terminalCode: Int {
    func level(_ part: Int) -> Int { part < 48 ? 0 : part < 115 ? 1 : (part - 35) / 40 }
    return 16 + 36 * level(red) + 6 * level(green) + level(blue)
  }
}
