/// A hash of what a random draw is for, made number by number.
///
/// - SeeAlso: Steele, Lea, Flood 2014, for the mixer, SplitMix64's.
struct DrawKey {
  private var value: UInt64

  /// A key from nothing but a number.
  init(_ seed: UInt64) { value = Self.mixed(seed &+ 0x9e37_79b9_7f4a_7c15) }

  func with(_ number: Int) -> DrawKey {
    var key = self
    key.value = Self.mixed(
      value ^ Self.mixed(UInt64(bitPattern: Int64(number)) &+ 0x9e37_79b9_7f4a_7c15))
    return key
  }

  /// A key of its own for everything keyed further by this one.
  var root: DrawKey { DrawKey(value) }

  func with(_ ids: [Int32]) -> DrawKey { ids.reduce(self) { $0.with(Int($1)) } }

  /// Evenly spread over 0 ..< 1.
  var share: Double { Double(value >> 11) * 0x1p-53 }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}
