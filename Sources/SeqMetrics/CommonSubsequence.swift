/// Longest common subsequences of words: what ROUGE-L matches.
enum CommonSubsequence {
  /// Words of the longest sequence that both hold in order, not necessarily side by side.
  ///
  /// Cost: the product of the lengths in time, the second's in memory.
  static func length(_ first: [Int32], _ second: [Int32]) -> Int {
    var lengths = [Int32](repeating: 0, count: second.count + 1)
    for token in first {
      var diagonal: Int32 = 0
      for column in second.indices {
        let above = lengths[column + 1]
        lengths[column + 1] =
          second[column] == token ? diagonal + 1 : max(above, lengths[column])
        diagonal = above
      }
    }
    return Int(lengths[second.count])
  }

  /// ROUGE-Lsum's matches: for each sentence of the reference, its words that stand in the longest
  /// common subsequence with any sentence of the summary, each word as often as both have it.
  ///
  /// Of several longest subsequences one is taken, as rouge-score takes it, and the figure depends
  /// on which.
  static func unionMatches(of reference: [[Int32]], with summary: [[Int32]]) -> Int {
    var left = counts(summary)
    var leftInReference = counts(reference)
    var matches = 0
    for sentence in reference {
      var isCommon = Array(repeating: false, count: sentence.count)
      for other in summary { mark(&isCommon, in: sentence, commonWith: other) }
      for (token, isCommon) in zip(sentence, isCommon) where isCommon {
        guard let here = left[token], here > 0, let there = leftInReference[token], there > 0
        else { continue }
        matches += 1
        left[token] = here - 1
        leftInReference[token] = there - 1
      }
    }
    return matches
  }

  private static func counts(_ sentences: [[Int32]]) -> [Int32: Int] {
    sentences.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// Marks one longest subsequence of `sentence` that `other` holds too.
  private static func mark(
    _ isCommon: inout [Bool], in sentence: [Int32], commonWith other: [Int32]
  ) {
    let width = other.count + 1
    var lengths = [Int32](repeating: 0, count: (sentence.count + 1) * width)
    for (row, token) in sentence.enumerated() {
      for (column, candidate) in other.enumerated() {
        let above = row * width + column
        lengths[above + width + 1] =
          token == candidate
          ? lengths[above] + 1 : max(lengths[above + 1], lengths[above + width])
      }
    }
    var (row, column) = (sentence.count, other.count)
    while row > 0, column > 0 {
      let here = row * width + column
      if sentence[row - 1] == other[column - 1] {
        isCommon[row - 1] = true
        (row, column) = (row - 1, column - 1)
      } else if lengths[here - 1] > lengths[here - width] {
        column -= 1
      } else {
        row -= 1
      }
    }
  }
}
