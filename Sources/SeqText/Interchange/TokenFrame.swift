/// The ids that a model wants before and after those of a text.
public struct TokenFrame: Hashable, Sendable {
  /// Ids before the text's.
  public var before: [Int32]
  /// Ids after the text's.
  public var after: [Int32]

  /// A frame of ids.
  public init(before: [Int32] = [], after: [Int32] = []) {
    self.before = before
    self.after = after
  }
}
