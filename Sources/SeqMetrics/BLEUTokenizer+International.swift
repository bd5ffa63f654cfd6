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
  text = separatingPairs(
    in: text, where: { $0.kind != .number && $1.kind == .punctuation },
    by: { [$0, .space, $1, .space] })
  text = separatingPairs(
    in: text, where: { $0.kind == .punctuation && $1.kind != .number },
    by: { [.space, $0, .space, $1] })
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

/// Rewrites pairs of neighbours from left to right; a scalar belongs to one pair only.
private func separatingPairs(
  in text: [ClassedScalar], where isPair: (ClassedScalar, ClassedScalar) -> Bool,
  by rewrite: (ClassedScalar, ClassedScalar) -> [ClassedScalar]
) -> [ClassedScalar] {
  var result: [ClassedScalar] = []
  result.reserveCapacity(text.count + text.count / 4)
  var index = 0
  while index < text.count {
    if index + 1 < text.count, isPair(text[index], text[index + 1]) {
      result.append(contentsOf: rewrite(text[index], text[index + 1]))
      index += 2
    } else {
      result.append(text[index])
      index += 1
    }
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
    switch scalar.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber:
      kind = .number
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      kind = .punctuation
    case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
      kind = .symbol
    default:
      kind = .other
    }
  }
}
