/// The random numbers of NumPy's default generator, so that a seed means the same resamples here and
/// in sacreBLEU.
///
/// A permuted congruential generator of 128 bits (PCG64, XSL-RR), seeded through a hash of the seed.
///
/// - SeeAlso: O'Neill 2014, HMC-CS-2014-0905; NumPy's `SeedSequence`, `PCG64` and
///   `Generator.integers` for seeding, and for how words become numbers below a bound.
package struct ResamplingDraws {
  private var state: UInt128
  private let increment: UInt128
  /// The high half of a word of which the low half was given out.
  private var pending: UInt32?
  /// Bits not yet given out, the next one lowest.
  private var bits: (word: UInt32, count: Int) = (0, 0)

  /// Numbers that follow from a seed.
  package init(seed: UInt64) {
    let words = Self.hashed(seed)
    increment = (UInt128(words[2]) << 64 | UInt128(words[3])) << 1 | 1
    state = increment &+ (UInt128(words[0]) << 64 | UInt128(words[1]))
    advance()
  }

  /// A number from 0 to below `bound`, each as likely (Lemire 2019, arXiv:1805.10941).
  package mutating func integer(below bound: UInt32) -> Int {
    var product = UInt64(nextHalf()) * UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (UInt32.max - (bound - 1)) % bound
      while UInt32(truncatingIfNeeded: product) < threshold {
        product = UInt64(nextHalf()) * UInt64(bound)
      }
    }
    return Int(product >> 32)
  }

  /// True or false, each as likely.
  package mutating func flag() -> Bool {
    if bits.count == 0 { bits = (nextHalf(), 32) }
    defer { bits = (bits.word >> 1, bits.count - 1) }
    return bits.word & 1 == 1
  }

  /// Low halves of words come before their high halves.
  private mutating func nextHalf() -> UInt32 {
    if let half = pending {
      pending = nil
      return half
    }
    advance()
    let folded = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
    let turn = UInt64(truncatingIfNeeded: state >> 122)
    let word = folded >> turn | folded << ((64 - turn) & 63)
    pending = UInt32(truncatingIfNeeded: word >> 32)
    return UInt32(truncatingIfNeeded: word)
  }

  private mutating func advance() {
    state = state &* (0x2360_ED05_1FC6_5DA4 << 64 | 0x4385_DF64_9FCC_F645) &+ increment
  }

  // MARK: Seeding

  /// Four words out of one seed.
  private static func hashed(_ seed: UInt64) -> [UInt64] {
    var constant: UInt32 = 0x43B0_D7E5
    func mixed(_ value: UInt32) -> UInt32 {
      let value = (value ^ constant)
      constant = constant &* 0x931E_8875
      let product = value &* constant
      return product ^ product >> 16
    }
    let low = UInt32(truncatingIfNeeded: seed)
    let high = UInt32(truncatingIfNeeded: seed >> 32)
    var pool = [low, high, 0, 0].map { mixed($0) }
    for source in pool.indices {
      for target in pool.indices where target != source {
        let sum = pool[target] &* 0xCA01_F9DD &- mixed(pool[source]) &* 0x4973_F715
        pool[target] = sum ^ sum >> 16
      }
    }
    constant = 0x8B51_F9DD
    let halves = (0..<8).map { index in
      let value = pool[index % 4] ^ constant
      constant = constant &* 0x58F3_8DED
      let product = value &* constant
      return UInt64(product ^ product >> 16)
    }
    return stride(from: 0, to: 8, by: 2).map { halves[$0] | halves[$0 + 1] << 32 }
  }
}
