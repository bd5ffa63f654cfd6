/// A 64-bit hash that is the same in every process and on every machine.
///
/// For telling whether something changed; not against adversaries.
struct FingerprintHasher {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// FNV-1a over the bytes and their count.
  mutating func add(_ bytes: some Collection<UInt8>) {
    mix(bytes)
    add(UInt64(bytes.count))
  }

  /// FNV-1a over the bytes, however they are cut into pieces.
  mutating func mix(_ bytes: some Collection<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
  }

  mutating func add(_ number: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      value = (value ^ (number >> shift & 0xFF)) &* 0x0000_0100_0000_01B3
    }
  }
}
