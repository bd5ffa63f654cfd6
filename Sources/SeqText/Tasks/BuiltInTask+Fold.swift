extension BuiltInTask {
  /// What a pair is for: a hash of its source decides, so folds never share a source, however many
  /// pairs are drawn with whichever seeds.
  public enum Fold: String, Codable, Hashable, Sendable, CaseIterable {
    /// Nine pairs in ten.
    case train
    /// One in twenty.
    case validation
    /// One in twenty, and every sentence that is to be withheld.
    case test
  }

  /// The fold of a source text.
  public func fold(ofSource source: String) -> Fold {
    if source == withheldSource { return .test }
    var hash = FingerprintHasher()
    hash.add(source.utf8)
    return switch CountedDraws(key: hash.value).integer(below: 20, at: 0) {
    case 0: .test
    case 1: .validation
    default: .train
    }
  }
}
