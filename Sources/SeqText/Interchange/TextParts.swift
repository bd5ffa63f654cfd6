/// A text on its way to a model: bytes, and the parts of them that are segmented one by one.
struct TextParts {
  var bytes: [UInt8]
  /// In order, none of them empty.
  var parts: [Range<Int>]
  /// Whether the first part begins where the whole text does.
  var startsText: Bool

  /// A text in one part.
  init(_ bytes: [UInt8], startsText: Bool) {
    self.bytes = bytes
    self.startsText = startsText
    parts = bytes.isEmpty ? [] : [0..<bytes.count]
  }

  /// Divides every part by what a pattern finds in it; `inverted` takes what it does not find.
  mutating func split(by pattern: TextPattern, _ behavior: SplitBehavior, inverted: Bool = false) {
    split(behavior) { text, part in
      var pieces: [SplitPiece] = []
      var end = part.lowerBound
      for match in pattern.matches(in: text, part) {
        if end < match.lowerBound {
          pieces.append(SplitPiece(range: end..<match.lowerBound, isMatch: inverted))
        }
        pieces.append(SplitPiece(range: match, isMatch: !inverted))
        end = match.upperBound
      }
      if end < part.upperBound {
        pieces.append(SplitPiece(range: end..<part.upperBound, isMatch: inverted))
      }
      return pieces
    }
  }

  /// Divides every part at the scalars that are delimiters.
  mutating func split(_ behavior: SplitBehavior, at isDelimiter: (Unicode.Scalar) -> Bool) {
    split(behavior) { text, part in
      var pieces: [SplitPiece] = []
      var start = part.lowerBound
      var index = start
      while index < part.upperBound {
        let end = index + announcedLength(text[index])
        if isDelimiter(text.scalar(at: index)) {
          if start < index { pieces.append(SplitPiece(range: start..<index, isMatch: false)) }
          pieces.append(SplitPiece(range: index..<end, isMatch: true))
          start = end
        }
        index = end
      }
      if start < part.upperBound {
        pieces.append(SplitPiece(range: start..<part.upperBound, isMatch: false))
      }
      return pieces
    }
  }

  private mutating func split(
    _ behavior: SplitBehavior,
    _ pieces: (UnsafeBufferPointer<UInt8>, Range<Int>) -> [SplitPiece]
  ) {
    let old = parts
    parts = bytes.withUnsafeBufferPointer { text in
      old.flatMap { behavior.parts(of: pieces(text, $0)) }
    }
    if let first = old.first, parts.first?.lowerBound != first.lowerBound { startsText = false }
  }

  /// Writes every part anew: the body appends to the bytes and hands out the ends of new parts.
  mutating func rewrite(
    _ body: (
      _ text: UnsafeBufferPointer<UInt8>, _ part: Range<Int>, _ isFirst: Bool,
      _ bytes: inout [UInt8], _ endPart: (Int) -> Void
    ) -> Void
  ) {
    var rewritten: [UInt8] = []
    rewritten.reserveCapacity(bytes.count + bytes.count / 2 + 8)
    var newParts: [Range<Int>] = []
    newParts.reserveCapacity(max(parts.count, bytes.count / 4))
    var start = 0
    bytes.withUnsafeBufferPointer { text in
      for (number, part) in parts.enumerated() {
        body(text, part, number == 0 && startsText, &rewritten) { end in
          if end > start { newParts.append(start..<end) }
          start = end
        }
      }
    }
    bytes = rewritten
    parts = newParts
  }
}
