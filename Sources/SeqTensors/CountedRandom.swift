#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Random numbers as a function of what they are for, not of when they are drawn.
///
/// A key is a hash of the seed and of the draw's circumstances; the n-th number of a key is always
/// the same. So results depend neither on the number of workers nor on the order of work.
public struct CountedRandom: RandomNumberGenerator, Sendable {
  private let key: UInt64
  private var count: UInt64 = 0

  /// The numbers of one key, from the first.
  ///
  /// - Parameter parts: The seed and whatever tells this use from others.
  public init(_ parts: UInt64...) { key = Self.hash(parts) }

  /// Hashes numbers into one; their order matters.
  ///
  /// The mixer is SplitMix64's (Steele et al. 2014).
  public static func hash(_ parts: [UInt64]) -> UInt64 {
    parts.reduce(0x9e37_79b9_7f4a_7c15) { mix($0 ^ mix($1 &+ 0x9e37_79b9_7f4a_7c15)) }
  }

  /// Hashes a text, for naming a draw.
  public static func hash(_ text: String) -> UInt64 {
    // FNV-1a
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// The key's next 64 random bits.
  public mutating func next() -> UInt64 {
    count &+= 1
    return Self.mix(key &+ count &* 0x9e37_79b9_7f4a_7c15)
  }

  /// A number evenly spread over 0 ..< 1, with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number from the standard normal distribution (Box & Muller 1958).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
