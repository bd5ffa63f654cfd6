import Foundation

/// The characters that a SentencePiece model replaces, followed as Hugging Face's `Precompiled`
/// does: whole grapheme clusters of up to five bytes by the shortest entry that begins them, other
/// text scalar by scalar.
///
/// - SeeAlso: ``CharacterMapFormat`` for the layout.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  /// The replacements, each ended by a zero byte.
  private let texts: [UInt8]
  /// Whether an ASCII character stays as it is.
  private var keepsASCII = [Bool](repeating: false, count: 128)

  /// Takes the bytes of a compiled table, nil when they are not one that can be followed safely.
  init?(_ bytes: [UInt8]) {
    guard CharacterMapFormat.isSound(bytes[...]) else { return nil }
    let trieSize = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    units = stride(from: 4, to: 4 + trieSize, by: 4).map { offset in
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
    }
    texts = Array(bytes[(4 + trieSize)...])
    if texts.withUnsafeBufferPointer({ $0.invalidUTF8Offset }) != nil { return nil }
    keepsASCII = (0..<128).map { replacement(for: CollectionOfOne(UInt8($0))) == nil }
  }

  /// The text with its characters replaced.
  func mapped(_ text: [UInt8]) -> [UInt8] {
    var mapped: [UInt8] = []
    mapped.reserveCapacity(text.count)
    if text.allSatisfy({ $0 < 0x80 }) {
      // \r\n alone is a cluster of two; no table has it, but a table may.
      if !text.contains(0x0D) {
        for byte in text { append(byte, to: &mapped) }
        return mapped
      }
    }
    for cluster in String(decoding: text, as: UTF8.self) {
      let bytes = cluster.utf8
      if bytes.count == 1, let byte = bytes.first {
        append(byte, to: &mapped)
      } else if bytes.count < 6, let replacement = replacement(for: bytes) {
        mapped += replacement
      } else {
        for scalar in cluster.unicodeScalars {
          let bytes = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
          if let replacement = replacement(for: bytes) {
            mapped += replacement
          } else {
            mapped += bytes
          }
        }
      }
    }
    return mapped
  }

  private func append(_ byte: UInt8, to mapped: inout [UInt8]) {
    if !keepsASCII[Int(byte)], let replacement = replacement(for: CollectionOfOne(byte)) {
      mapped += replacement
    } else {
      mapped.append(byte)
    }
  }

  /// The replacement of the shortest entry that the bytes begin with, nil when there is none.
  private func replacement(for bytes: some Sequence<UInt8>) -> ArraySlice<UInt8>? {
    // Soundness says that every step from every unit stays inside.
    var position = CharacterMap.offset(units[0])
    for byte in bytes {
      if byte == 0 { return nil }
      position ^= Int(byte)
      let unit = units[position]
      // A label is the lowest byte; values have the highest bit set and are no labels.
      guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
      position ^= CharacterMap.offset(unit)
      if unit >> 8 & 1 == 1 {
        let start = Int(units[position] & 0x7FFF_FFFF)
        return start < texts.count ? texts[start...].prefix { $0 != 0 } : nil
      }
    }
    return nil
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int((unit >> 10) << ((unit & 1 << 9) >> 6))
  }
}
