import SeqTensors

/// Arrays drawn from a seed: the same name and number always give the same values.
public struct SeededValues {
  private var random: CountedRandom

  /// - Parameters:
  ///   - name: Tells this use from others.
  ///   - number: Tells apart several uses of one name.
  public init(_ name: String, _ number: Int = 0) {
    random = CountedRandom(CountedRandom.hash(name), UInt64(number))
  }

  /// Numbers from the standard normal distribution.
  public mutating func normal(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(random.normal()) }
  }

  /// Numbers evenly spread over a range.
  public mutating func uniform(_ count: Int, in range: ClosedRange<Float>) -> [Float] {
    (0..<count).map { _ in
      range.lowerBound + (range.upperBound - range.lowerBound) * Float(random.uniform())
    }
  }

  /// Numbers of either sign whose magnitude is at least `minimum`, for functions with a kink at 0.
  public mutating func awayFromZero(_ count: Int, minimum: Float) -> [Float] {
    normal(count).map { $0 < 0 ? $0 - minimum : $0 + minimum }
  }

  /// Ids evenly spread over `0 ..< limit`.
  public mutating func ids(_ count: Int, below limit: Int) -> [Int32] {
    (0..<count).map { _ in Int32(random.next(upperBound: UInt64(limit))) }
  }
}
