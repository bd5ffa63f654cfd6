/// A bound on the length of a target: a constant, or a line over the length of the source.
///
///     options.maximumLength = 100
///     options.maximumLength = LengthLimit(perSourceToken: 1.5, constant: 10)
///
/// Lengths are in tokens; EOS is not counted in a target. A source is counted as the model gets it,
/// with the EOS it usually ends in.
public struct LengthLimit: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// Target tokens allowed for each source token.
  public var perSourceToken: Double
  /// Target tokens allowed whatever the source.
  public var constant: Double

  /// The bound `perSourceToken · |source| + constant`, rounded down and at least 0.
  public init(perSourceToken: Double = 0, constant: Double) {
    self.perSourceToken = perSourceToken
    self.constant = constant
  }

  /// The same bound for every source.
  public init(integerLiteral value: Int) {
    self.init(constant: Double(value))
  }

  /// What is wrong with the bound, which is called `name`; nil if nothing is.
  func problem(_ name: String) -> String? {
    perSourceToken.isFinite && constant.isFinite
      ? nil : "\(name) length \(perSourceToken) · source + \(constant), expected finite numbers"
  }

  /// The bound for a source of this many tokens.
  public func tokenCount(sourceLength: Int) -> Int {
    let bound = perSourceToken * Double(sourceLength) + constant
    // Far above any length, far below what an Int or a sum of two would overflow at.
    return Int(min(max(bound, 0), 0x1p31))
  }
}
