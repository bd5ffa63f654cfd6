/// The rules of mteval-v14 as sacreBLEU applies them: three substitutions, one after another.
///
/// A mark beside anything but a number is set apart from it, so marks between two numbers stay.
/// So does a point after a number at the very end of the line, for nothing follows it: the
/// original's known slip, kept because figures must agree.
///
/// - Parameter line: valid UTF-8.
/// - Returns: the line with white space between its tokens.
func separatedInternationally(_ line: [UInt8]) -> [UInt8] {
  var text = String(decoding: line, as: UTF8.self).unicodeScalars.map(ClassedScalar.init)
  // (\P{N})(\p{P}) → \1 \2␠, then (\p{P})(\P{N}) → ␠\1 \2
  text = text.separatingPairs(with: .space, .after) {
    $0.kind != .number && $1.kind == .punctuation
  }
  text = text.separatingPairs(with: .space, .before) {
    $0.kind == .punctuation && $1.kind != .number
  }
  var result: [UInt8] = []
  result.reserveCapacity(text.count * 2)
  for element in text {
    let isSymbol = element.kind == .symbol  // (\p{S}) → ␠\1␠
    if isSymbol { result.append(0x20) }
    if element.scalar.isASCII {
      result.append(UInt8(truncatingIfNeeded: element.scalar.value))
    } else if let bytes = UTF8.encode(element.scalar) {
      result.append(contentsOf: bytes)
    }
    if isSymbol { result.append(0x20) }
  }
  return result
}

/// A scalar with the one of three Unicode classes that the rules tell apart.
package struct ClassedScalar {
  /// Number is `\p{N}` (any script's digits, fractions, Roman numerals), and so on.
  package enum Kind {
    case number, punctuation, symbol, other
  }

  let scalar: Unicode.Scalar
  package let kind: Kind

  static let space = ClassedScalar(" ")

  package init(_ scalar: Unicode.Scalar) {
    self.scalar = scalar
    kind = scalar.isASCII ? Self.asciiKinds[Int(scalar.value)] : Kind(scalar)
  }

  /// Looking a category up costs more than all else here, and most text is mostly ASCII.
  private static let asciiKinds = (0..<0x80).map { Kind(Unicode.Scalar(UInt8($0))) }
}

extension ClassedScalar.Kind {
  fileprivate init(_ scalar: Unicode.Scalar) {
    switch scalar.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber:
      self = .number
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      self = .punctuation
    case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
      self = .symbol
    default:
      self = .other
    }
  }
}
