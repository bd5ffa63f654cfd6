/// Counts pieces and keeps the frequent ones.
///
/// Memory grows with the number of different pieces, not with the text.
public struct VocabularyCounter: Sendable {
  private var counts: [[UInt8]: Int] = [:]

  /// A counter of nothing yet.
  public init() {}

  /// Counts one occurrence.
  public mutating func add(_ piece: [UInt8]) {
    counts[piece, default: 0] += 1
  }

  /// The vocabulary of the pieces counted, frequent ones first, ties by their bytes.
  ///
  /// - Parameters:
  ///   - minimumFrequency: pieces counted fewer times are left out.
  ///   - maximumSize: the largest number of ids, the four special ones included; nil for no limit.
  /// - Returns: the vocabulary, its special tokens the standard ones.
  public func vocabulary(minimumFrequency: Int = 1, maximumSize: Int? = nil) -> Vocabulary {
    let kept = counts.filter { $0.value >= minimumFrequency }.sorted { a, b in
      a.value != b.value ? a.value > b.value : a.key.lexicographicallyPrecedes(b.key)
    }
    let limit = maximumSize.map { max(0, $0 - SpecialTokens.standardNames.count) } ?? kept.count
    return Vocabulary(standardWith: kept.prefix(limit).map(\.key))
  }
}
