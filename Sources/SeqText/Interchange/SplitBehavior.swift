/// A part of a text, and whether it is what was searched for.
struct SplitPiece {
  var range: Range<Int>
  var isMatch: Bool
}

/// What becomes of the delimiters that a text is divided at, in the words of `tokenizer.json`.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  /// A delimiter is a part of its own.
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  /// Delimiters next to each other are one part.
  case contiguous = "Contiguous"

  init(_ node: JSONNode) throws(TextError) {
    guard let behavior = SplitBehavior(rawValue: try node.string()) else {
      throw node.problem(
        "the behavior \(node.value.description) is not supported",
        expected: "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous")
    }
    self = behavior
  }

  /// The parts that stay of pieces that cover a text.
  func parts(of pieces: [SplitPiece]) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    // Whether the piece before (behind, where a match goes with the next) was a match.
    var wasMatch = false
    switch self {
    case .removed: return pieces.filter { !$0.isMatch }.map(\.range)
    case .isolated: return pieces.map(\.range)
    case .contiguous:
      for piece in pieces {
        if piece.isMatch == wasMatch, let last = parts.popLast() {
          parts.append(last.lowerBound..<piece.range.upperBound)
        } else {
          parts.append(piece.range)
        }
        wasMatch = piece.isMatch
      }
    case .mergedWithPrevious:
      for piece in pieces {
        if piece.isMatch, !wasMatch, let last = parts.popLast() {
          parts.append(last.lowerBound..<piece.range.upperBound)
        } else {
          parts.append(piece.range)
        }
        wasMatch = piece.isMatch
      }
    case .mergedWithNext:
      for piece in pieces.reversed() {
        if piece.isMatch, !wasMatch, let last = parts.popLast() {
          parts.append(piece.range.lowerBound..<last.upperBound)
        } else {
          parts.append(piece.range)
        }
        wasMatch = piece.isMatch
      }
      parts.reverse()
    }
    return parts
  }
}
