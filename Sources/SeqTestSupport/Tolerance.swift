/// When two arrays count as the same numbers: `max|a − b| ≤ relative · max(max|b|, floor · scale)`.
public struct Tolerance: Sendable {
  /// The difference allowed, as a share of the largest value expected.
  public var relative: Double
  /// Keeps the tolerance above rounding noise where all the values expected are tiny: this share of
  /// the scale counts as the least magnitude.
  public var floor: Double

  /// The agreement asked of every golden: 1e-4, with a floor of 1e-3.
  public static let golden = Tolerance(relative: 1e-4)

  /// - Parameters:
  ///   - relative: The share allowed.
  ///   - floor: The least magnitude as a share of the scale.
  public init(relative: Double, floor: Double = 1e-3) {
    self.relative = relative
    self.floor = floor
  }

  /// Nil when `found` agrees with `expected`; otherwise what differs most, in one line.
  ///
  /// - Parameter scale: The largest magnitude in the array's surroundings, for example the model's
  ///   largest gradient.
  public func problem(_ found: [Float], _ expected: [Double], scale: Double = 0) -> String? {
    guard found.count == expected.count else {
      return "\(found.count) values, expected \(expected.count)"
    }
    let magnitude = expected.reduce(0) { max($0, abs($1)) }
    let bound = relative * max(magnitude, floor * scale)
    // A difference that is not a number is a difference.
    let wrong = found.indices.filter { !(abs(Double(found[$0]) - expected[$0]) <= bound) }
    func distance(_ index: Int) -> Double { abs(Double(found[index]) - expected[index]) }
    guard
      let worst = wrong.first(where: { distance($0).isNaN })
        ?? wrong.max(by: { distance($0) < distance($1) })
    else { return nil }
    return
      "\(wrong.count) of \(found.count) values differ by more than \(bound); "
      + "the worst is [\(worst)]: \(found[worst]), expected \(expected[worst])"
  }

  /// As above, for values expected in single precision.
  public func problem(_ found: [Float], _ expected: [Float], scale: Double = 0) -> String? {
    problem(found, expected.map { Double($0) }, scale: scale)
  }
}
