/// The 256 visible characters by which GPT-2 spells bytes, so that every piece can be read.
///
/// Printable bytes of Latin-1 stand for themselves; the others, in their order, for U+0100 and on.
enum ByteLevelAlphabet {
  /// By byte the scalar that spells it, at most U+0143.
  private static let scalars: [UInt16] = {
    var next: UInt16 = 0x100
    return (0...255).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt16(byte)
      default:
        defer { next += 1 }
        return next
      }
    }
  }()

  /// By scalar the byte it spells, -1 for those that spell none.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
    return bytes
  }()

  /// The spelling of a space, Ġ in UTF-8.
  static let space: [UInt8] = [0xC4, 0xA0]

  /// Appends the spelling of bytes.
  @inline(__always)
  static func append(_ text: Slice<UnsafeBufferPointer<UInt8>>, to spelled: inout [UInt8]) {
    scalars.withUnsafeBufferPointer { scalars in
      for byte in text {
        let scalar = scalars[Int(byte)]
        if scalar < 0x80 {
          spelled.append(UInt8(scalar))
        } else {
          spelled.append(UInt8(0xC0 | scalar >> 6))
          spelled.append(UInt8(0x80 | scalar & 0x3F))
        }
      }
    }
  }

  /// The bytes that a text spells, nil when one of its characters spells none.
  static func bytes(spelledBy text: [UInt8]) -> [UInt8]? {
    text.withUnsafeBufferPointer { text in
      var spelled: [UInt8] = []
      var index = 0
      while index < text.count {
        let scalar = Int(text.scalar(at: index).value)
        guard scalar < bytes.count, bytes[scalar] >= 0 else { return nil }
        spelled.append(UInt8(bytes[scalar]))
        index += announcedLength(text[index])
      }
      return spelled
    }
  }
}
