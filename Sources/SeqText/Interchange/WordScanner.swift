/// Cuts text into the words of GPT-2: contractions, letters, numbers and other signs, each with the
/// space before it, and runs of spaces.
///
/// Equal to searching for the regular expression of OpenAI's `encoder.py`, which covers every text.
enum WordScanner {
  static let regularExpression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private enum Kind { case letter, number, space, other }

  @inline(__always)
  private static func kind(_ scalar: Unicode.Scalar) -> Kind {
    if scalar.value < 0x80 {
      if scalar.isLetter { return .letter }
      if scalar.isNumber { return .number }
      return scalar.isSpace ? .space : .other
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return scalar.isSpace ? .space : .other
    }
  }

  /// Hands every word of a part of a text to the body, from left to right.
  @inline(__always)
  static func forEachWord(
    of text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    var index = range.lowerBound
    while index < range.upperBound {
      let end = endOfWord(in: text, index..<range.upperBound)
      body(index..<end)
      index = end
    }
  }

  private static func endOfWord(
    in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Int {
    let start = range.lowerBound
    if text[start] == UInt8(ascii: "'") {
      let length = contractionLength(text[range])
      if length > 0 { return start + length }
    }
    let first = start + (text[start] == 0x20 ? 1 : 0)
    if first < range.upperBound {
      let kind = kind(text.scalar(at: first))
      if kind != .space {
        var end = first
        repeat {
          end += announcedLength(text[end])
        } while end < range.upperBound
          && self.kind(text.scalar(at: end)) == kind
        return end
      }
    }
    // Spaces: all but the last one, which belongs to the word behind them.
    var end = start
    var last = start
    while end < range.upperBound, text.scalar(at: end).isSpace {
      last = end
      end += announcedLength(text[end])
    }
    return end == range.upperBound || last == start ? end : last
  }

  /// The bytes of a contraction that a text begins with, 0 when it begins with none.
  private static func contractionLength(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    let letters = text.dropFirst().prefix(2)
    switch letters.first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    default: return ["re", "ve", "ll"].contains { letters.elementsEqual($0.utf8) } ? 3 : 0
    }
  }
}
