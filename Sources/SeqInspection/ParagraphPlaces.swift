/// Where the tokens of a source stand among its paragraphs.
struct ParagraphPlaces {
  /// For every token the number of its paragraph, from 0.
  let numbers: [Int]
  /// For every token its place in its paragraph, from 0.
  let places: [Int]

  /// Paragraphs end behind every `end`; without one the source is a single paragraph.
  init(of source: [Int32], end: Int32?) {
    var (number, first) = (0, 0)
    var found: [(number: Int, place: Int)] = []
    for (index, id) in source.enumerated() {
      found.append((number, index - first))
      if id == end { (number, first) = (number + 1, index + 1) }
    }
    numbers = found.map(\.number)
    places = found.map(\.place)
  }
}
