/// A standalone SVG file in the making: its own background and letters, no style from outside.
struct SVGDrawing {
  let width: Double
  let height: Double
  let title: String
  private var body = ""

  /// The colours of everything that is not data.
  static let ink = "#1a1a1a"
  static let quiet = "#5f6b76"
  static let line = "#d5dbe1"
  static let paper = "#ffffff"
  static let fontSize = 13.0
  /// Fonts with Latin, Hangul and Han letters on the usual systems.
  private static let fonts =
    "system-ui, 'Helvetica Neue', Arial, 'Noto Sans', 'Apple SD Gothic Neo', 'Malgun Gothic', "
    + "'Noto Sans CJK KR', sans-serif"

  init(width: Double, height: Double, title: String) {
    self.width = width
    self.height = height
    self.title = title
  }

  /// Where the letters of a text begin, end or stand.
  enum Anchor: String {
    case start, middle, end
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: String, stroke: String? = nil,
    tip: String? = nil
  ) {
    let edge = stroke.map { " stroke=\"\($0)\"" } ?? ""
    let start =
      "<rect x=\"\(x.svg)\" y=\"\(y.svg)\" width=\"\(width.svg)\" height=\"\(height.svg)\" "
      + "fill=\"\(fill)\"\(edge)"
    body += tip.map { "\(start)><title>\($0.xml)</title></rect>\n" } ?? "\(start)/>\n"
  }

  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, size: Double = fontSize,
    fill: String = ink, rotation: Double = 0, isBold: Bool = false
  ) {
    var place = "x=\"\(x.svg)\" y=\"\(y.svg)\""
    if rotation != 0 {
      place = "transform=\"translate(\(x.svg) \(y.svg)) rotate(\(rotation.svg))\""
    }
    if anchor != .start { place += " text-anchor=\"\(anchor.rawValue)\"" }
    if size != Self.fontSize { place += " font-size=\"\(size.svg)\"" }
    if fill != Self.ink { place += " fill=\"\(fill)\"" }
    if isBold { place += " font-weight=\"600\"" }
    // Spaces at the ends of tokens are part of them.
    body += "<text \(place) xml:space=\"preserve\">\(text.xml)</text>\n"
  }

  mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), stroke: String
  ) {
    body +=
      "<line x1=\"\(start.x.svg)\" y1=\"\(start.y.svg)\" x2=\"\(end.x.svg)\" y2=\"\(end.y.svg)\" "
      + "stroke=\"\(stroke)\"/>\n"
  }

  mutating func path(_ points: [(x: Double, y: Double)], stroke: String, isDashed: Bool) {
    guard let first = points.first else { return }
    let rest = points.dropFirst().map { "L\($0.x.svg) \($0.y.svg)" }.joined()
    body +=
      "<path d=\"M\(first.x.svg) \(first.y.svg)\(rest)\" fill=\"none\" stroke=\"\(stroke)\" "
      + "stroke-width=\"1.8\" stroke-linejoin=\"round\""
      + (isDashed ? " stroke-dasharray=\"6 4\"" : "") + "/>\n"
  }

  mutating func dot(x: Double, y: Double, fill: String) {
    body += "<circle cx=\"\(x.svg)\" cy=\"\(y.svg)\" r=\"3\" fill=\"\(fill)\"/>\n"
  }

  /// Draws all of another drawing, moved down.
  mutating func place(_ other: SVGDrawing, y: Double) {
    body += "<g transform=\"translate(0 \(y.svg))\">\n\(other.body)</g>\n"
  }

  /// What fills areas that are masked out.
  static let hatch = "url(#hatch)"

  /// The file.
  var text: String {
    let size = "width=\"\(width.svg)\" height=\"\(height.svg)\""
    let hatch =
      body.contains(Self.hatch)
      ? """
      <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">\
      <rect width="6" height="6" fill="#eceff2"/>\
      <path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5" stroke="#b4bec8"/></pattern></defs>

      """ : ""
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \(size) viewBox="0 0 \(width.svg) \(height.svg)" \
      font-family="\(Self.fonts)" font-size="\(Self.fontSize.svg)" fill="\(Self.ink)" role="img">
      <title>\(title.xml)</title>
      \(hatch)<rect width="100%" height="100%" fill="\(Self.paper)"/>
      \(body)</svg>

      """
  }

  /// About the width of a text in the given size of letters, on the large side.
  static func width(of text: String, size: Double = fontSize) -> Double {
    text.reduce(0.0) { $0 + ($1.cellCount > 1 ? 1.02 : $1.isUppercase ? 0.72 : 0.59) } * size
  }
}

extension Double {
  /// A coordinate with at most one decimal.
  var svg: String {
    let tenths = (self * 10).rounded()
    let whole = tenths / 10
    return whole == whole.rounded() ? String(Int(whole)) : String(whole)
  }
}

extension String {
  /// As text or an attribute of XML.
  var xml: String {
    // By scalars: an ampersand with a combining mark is one character, and still to be escaped.
    withoutControls.unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
