/// Lower-case UTF-8 by Unicode's full mapping, as Python's `str.lower`.
///
/// One scalar may become several (`İ` gives `i` and a combining dot), and `Σ` becomes `ς` at the
/// end of a word: after a cased scalar and not before one, case-ignorable scalars aside. No other
/// rule looks at context or language.
///
/// - SeeAlso: The Unicode Standard, §3.13, rule R2 and table 3-17 (Final_Sigma).
package func lowercased(_ text: String) -> [UInt8] {
  let scalars = text.unicodeScalars
  var lower: [UInt8] = []
  lower.reserveCapacity(text.utf8.count)
  var index = scalars.startIndex
  while index < scalars.endIndex {
    let scalar = scalars[index]
    if scalar.isASCII {
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      lower.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
    } else if scalar == "\u{3A3}" {
      let sigma: Unicode.Scalar = isFinal(index, in: scalars) ? "\u{3C2}" : "\u{3C3}"
      lower.append(contentsOf: UTF8.encode(sigma).map { Array($0) } ?? [])
    } else if scalar.properties.changesWhenLowercased {
      lower.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
    } else if let bytes = UTF8.encode(scalar) {
      lower.append(contentsOf: bytes)
    }
    index = scalars.index(after: index)
  }
  return lower
}

/// Whether the sigma at `index` ends a word.
private func isFinal(_ index: String.Index, in scalars: String.UnicodeScalarView) -> Bool {
  let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
  guard let before, before.properties.isCased else { return false }
  let after = scalars[scalars.index(after: index)...].first { !$0.properties.isCaseIgnorable }
  return !(after?.properties.isCased ?? false)
}
