/// The compiled table by which a SentencePiece model maps characters to others.
///
/// The library follows the table's numbers without looking where they lead, so a damaged one would
/// end the process: it is checked before the library sees it.
///
/// Layout: the size of the trie (32 bits, little-endian); the trie, a double array of 32-bit
/// units; the replacements, texts that each end in a zero byte.
///
/// - SeeAlso: Aoe 1989, "An efficient digital search algorithm by using a double-array structure".
package enum CharacterMapFormat {
  /// Whether every step from every unit leads to a unit, and every value to a text that ends.
  package static func isSound(_ bytes: ArraySlice<UInt8>) -> Bool {
    let bytes = Array(bytes)
    func word(at offset: Int) -> UInt32 {
      bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard bytes.count > 4 else { return false }
    let trieSize = Int(word(at: 0))
    let textSize = bytes.count - 4 - trieSize
    guard trieSize > 0, trieSize % 4 == 0, textSize > 0, bytes.last == 0 else { return false }
    let unitCount = trieSize / 4
    return (0..<unitCount).allSatisfy { index in
      let unit = word(at: 4 + 4 * index)
      // A unit with the highest bit set holds a value: where in the texts the replacement begins.
      if unit >> 31 == 1 { return Int(unit & 0x7FFF_FFFF) < textSize }
      // Others hold an offset, from which a byte of the text chooses one of 256 neighbours.
      let offset = Int((unit >> 10) << ((unit & 1 << 9) >> 6))
      return (index ^ offset) | 0xFF < unitCount
    }
  }
}
