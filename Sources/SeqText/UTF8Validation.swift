/// Checks of raw bytes against the UTF-8 encoding.
extension UnsafeBufferPointer<UInt8> {
  /// The offset of the first byte that is not part of well-formed UTF-8, nil when all are.
  ///
  /// Overlong forms, surrogates and values above U+10FFFF are ill-formed (Unicode 15, table 3-7).
  /// ASCII costs an eighth of a comparison a byte.
  package var invalidUTF8Offset: Int? {
    var index = 0
    while index < count {
      if index + 8 <= count {
        let word = UnsafeRawBufferPointer(self).loadUnaligned(
          fromByteOffset: index, as: UInt64.self)
        if word & 0x8080_8080_8080_8080 == 0 {
          index += 8
          continue
        }
      }
      let length = scalarLength(at: index)
      if length == 0 { return index }
      index += length
    }
    return nil
  }

  /// The bytes of the well-formed scalar at an offset, 0 when there is none.
  private func scalarLength(at index: Int) -> Int {
    func isContinuation(_ offset: Int, from low: UInt8 = 0x80, through high: UInt8 = 0xBF) -> Bool {
      index + offset < count && self[index + offset] >= low && self[index + offset] <= high
    }
    switch self[index] {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: return isContinuation(1) ? 2 : 0
    case 0xE0: return isContinuation(1, from: 0xA0) && isContinuation(2) ? 3 : 0
    case 0xED: return isContinuation(1, through: 0x9F) && isContinuation(2) ? 3 : 0
    case 0xE1...0xEF: return isContinuation(1) && isContinuation(2) ? 3 : 0
    case 0xF0:
      return isContinuation(1, from: 0x90) && isContinuation(2) && isContinuation(3) ? 4 : 0
    case 0xF1...0xF3: return isContinuation(1) && isContinuation(2) && isContinuation(3) ? 4 : 0
    case 0xF4:
      return isContinuation(1, through: 0x8F) && isContinuation(2) && isContinuation(3) ? 4 : 0
    default: return 0
    }
  }

  /// True when every byte is below 0x80; such text is its own normal form.
  package var isASCII: Bool { allSatisfy { $0 < 0x80 } }
}

/// The bytes that a leading byte announces, itself included; 1 for a byte that leads nothing.
@inline(__always)
func announcedLength(_ lead: UInt8) -> Int {
  switch lead {
  case 0xC0...0xDF: 2
  case 0xE0...0xEF: 3
  case 0xF0...0xF7: 4
  default: 1
  }
}
