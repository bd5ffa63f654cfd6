/// CRC-32C (Castagnoli), the checksum of TFRecord files.
///
/// - SeeAlso: RFC 3720, appendix B.4, for the polynomial and test vectors.
package enum CyclicRedundancyCheck {
  /// The remainders of all bytes by the reflected polynomial 0x1EDC6F41.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
  }

  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { crc, byte in
      crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)]
    }
  }

  /// Rotated and shifted, so that a file that holds checksums does not check itself.
  package static func maskedChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let crc = checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}
