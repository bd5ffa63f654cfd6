internal import SeqKernels

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// By how much scores fall with every step between a query and a key, in each head.
///
/// Where keys stand on both sides, equal slopes would make an encoder blind to direction: but for what
/// stands at the ends, "b after a" would be "a after b". So half of the heads look back there and the
/// others ahead.
///
/// - SeeAlso: ALiBi, Press et al. 2022, arXiv:2108.12409, which is about decoders; what encoders need is
///   discussed at github.com/ofirpress/attention_with_linear_biases, issue 5.
public struct DistanceSlopes: Hashable, Sendable {
  /// Slopes for keys before the query, a head each.
  public let before: [Float]
  /// Slopes for keys after the query, a head each.
  public let after: [Float]

  /// Hides a side: the key next to the query has e⁻¹⁰⁰⁰⁰ of the weight, which is 0.
  public static let hiding: Float = 10_000

  /// Any slopes, as many on one side as on the other.
  public init(before: [Float], after: [Float]) {
    require(
      before.count == after.count,
      "slopes: \(before.count) heads before the query, \(after.count) after it")
    self.before = before
    self.after = after
  }

  /// The paper's, for a self-attention that sees only what comes before.
  public static func causal(headCount: Int) -> Self {
    let slopes = paper(headCount: headCount)
    return Self(before: slopes, after: slopes)
  }

  /// The first half of the heads looks back, of an odd number one more, the second half ahead; each
  /// half has the paper's slopes for as many heads.
  public static func twoSided(headCount: Int) -> Self {
    let (back, ahead) = (paper(headCount: (headCount + 1) / 2), paper(headCount: headCount / 2))
    return Self(
      before: back + ahead.map { _ in hiding }, after: back.map { _ in hiding } + ahead)
  }

  /// What is added to the score of a key so many places after the query, which is negative before it.
  public func bias(head: Int, distance: Int) -> Float {
    distance < 0 ? before[head] * Float(distance) : -after[head] * Float(distance)
  }

  /// A geometric sequence from 2^(−8/n), for head counts that are no power of two filled up with every
  /// other one of the next power's.
  static func paper(headCount: Int) -> [Float] {
    guard headCount > 0 else { return [] }
    func sequence(_ count: Int) -> [Float] {
      let ratio = exp2(-8 / Double(count))
      return (1...count).map { Float(pow(ratio, Double($0))) }
    }
    var power = 1
    while 2 * power <= headCount { power *= 2 }
    let rest = stride(from: 0, to: 2 * (headCount - power), by: 2).map { sequence(2 * power)[$0] }
    return sequence(power) + rest
  }
}
