import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What an SVG file holds, read by an XML parser.
final class SVGElements: NSObject, XMLParserDelegate {
  private(set) var texts: [String] = []
  private(set) var textAttributes: [[String: String]] = []
  private(set) var titles: [String] = []
  private(set) var rectangles: [[String: String]] = []
  private(set) var paths: [[String: String]] = []
  private(set) var size: (width: Double, height: Double)?
  private var characters = ""

  struct NotXML: Error {
    var reason: String
  }

  init(_ svg: String) throws {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    guard parser.parse() else { throw NotXML(reason: "\(String(describing: parser.parserError))") }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    characters = ""
    switch name {
    case "svg":
      if let width = attributes["width"].flatMap(Double.init),
        let height = attributes["height"].flatMap(Double.init)
      {
        size = (width, height)
      }
    case "rect": rectangles.append(attributes)
    case "path": paths.append(attributes)
    case "text": textAttributes.append(attributes)
    default: break
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { characters += string }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    if name == "text" { texts.append(characters) }
    if name == "title" { titles.append(characters) }
  }
}
