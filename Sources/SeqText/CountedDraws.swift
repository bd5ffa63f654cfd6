/// Random numbers that are looked up, not streamed: draw `i` under a key is always the same.
///
/// Which numbers a sentence gets therefore depends on its key alone, never on what was drawn
/// before it, by whom, or in which order.
///
/// - SeeAlso: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"; the
///   mixing constants are SplitMix64's (Stafford's variant 13).
package struct CountedDraws: Sendable {
  private let key: UInt64

  package init(key: UInt64) {
    self.key = CountedDraws.mixed(key &+ 0x9E37_79B9_7F4A_7C15)
  }

  /// 64 uniform bits.
  package func bits(at index: UInt64) -> UInt64 {
    CountedDraws.mixed(key &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15)
  }

  /// A uniform number in [0, 1) with 53 random bits.
  package func uniform(at index: UInt64) -> Double {
    Double(bits(at: index) >> 11) * 0x1p-53
  }

  /// A uniform integer in 0 ..< bound, biased by less than bound / 2⁶⁴.
  package func integer(below bound: Int, at index: UInt64) -> Int {
    Int(bits(at: index).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A key for one part of what this key stands for.
  package func derivedKey(_ part: UInt64) -> UInt64 {
    CountedDraws.mixed(bits(at: part) ^ 0xD1B5_4A32_D192_ED03)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
