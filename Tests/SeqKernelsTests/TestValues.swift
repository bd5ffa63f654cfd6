/// Seeded numbers for the tests of the lowest rung, which has no random source of its own.
struct TestValues: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

  // SplitMix64 (Steele et al. 2014).
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func uniform(_ count: Int, in range: ClosedRange<Float>) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }

  /// Roughly normal, of variance 1: a sum of twelve uniform numbers.
  mutating func normal(_ count: Int) -> [Float] {
    (0..<count).map { _ in
      (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0...1, using: &self) }
    }
  }
}

/// The largest of a function's values, NaN if one is.
func largest(_ values: some Sequence<Double>) -> Double {
  values.reduce(0) { $1.isNaN || $0.isNaN ? .nan : max($0, $1) }
}
