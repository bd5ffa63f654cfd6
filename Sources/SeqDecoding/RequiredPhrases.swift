import SeqKernels

/// The token sequences that every target of a sentence must hold, and how far a hypothesis is with
/// them.
///
/// A phrase has been said when its tokens stand one after the other somewhere in the target; phrases
/// may overlap. Phrases that others contain are held with those and left out.
struct RequiredPhrases {
  /// How far one hypothesis is.
  struct Progress: Hashable {
    /// Bit i: phrase i has been said.
    fileprivate(set) var said: UInt64 = 0
    /// For every phrase that has not, how many of its first tokens the hypothesis ends with.
    fileprivate(set) var matched: [Int]
  }

  /// The most phrases of one sentence.
  static let largestCount = 64
  /// Up to so many phrases the best order of saying them is computed; it takes 2ⁿ·n numbers.
  private static let orderedCount = 10

  private let phrases: [[Int32]]
  /// For every phrase and number of matched tokens the next shorter match that ends alike.
  private let borders: [[Int]]
  /// `leastAfter[set][last]`: the fewest tokens that say the phrases of a set after the phrase
  /// `last` has just been said; empty when there are too many phrases.
  private let leastAfter: [[Int]]
  /// The hypothesis without tokens.
  let start: Progress

  /// The phrases of one sentence, empty and repeated ones left out; nil if nothing is required.
  ///
  /// - Precondition: At most ``largestCount`` phrases.
  init?(_ required: [[Int32]]) {
    require(
      required.count <= Self.largestCount,
      "required phrases: \(required.count), expected at most \(Self.largestCount)")
    var phrases: [[Int32]] = []
    // Longest first: of equal ones the first, and none that an earlier one contains.
    for phrase in required.enumerated().sorted(by: {
      ($1.element.count, $0.offset) < ($0.element.count, $1.offset)
    }).map(\.element)
    where !phrase.isEmpty && !phrases.contains(where: { $0.contains(phrase) }) {
      phrases.append(phrase)
    }
    guard !phrases.isEmpty else { return nil }
    self.phrases = phrases
    borders = phrases.map(Self.borders)
    start = Progress(matched: phrases.map { _ in 0 })
    leastAfter = phrases.count > Self.orderedCount ? [] : Self.leastTokens(phrases, borders)
  }

  /// How far a hypothesis is after one more token.
  func advance(_ progress: Progress, by token: Int32) -> Progress {
    var next = progress
    for (index, phrase) in phrases.enumerated() where progress.said & 1 << UInt64(index) == 0 {
      let matched = Self.extended(
        progress.matched[index], by: token, phrase, borders[index])
      next.matched[index] = matched
      if matched == phrase.count {
        next.said |= 1 << UInt64(index)
        next.matched[index] = 0
      }
    }
    return next
  }

  /// How far a hypothesis of these tokens is.
  func progress(after tokens: [Int32]) -> Progress {
    tokens.reduce(start) { advance($0, by: $1) }
  }

  /// The fewest tokens that say all that is missing; 0 if nothing is.
  ///
  /// With very many phrases it does not see that they may overlap, and may be too large.
  func missingCount(_ progress: Progress) -> Int {
    let missing = phrases.indices.filter { progress.said & 1 << UInt64($0) == 0 }
    guard !missing.isEmpty else { return 0 }
    guard !leastAfter.isEmpty else {
      return missing.reduce(0) { $0 + phrases[$1].count }
        - (missing.map { progress.matched[$0] }.max() ?? 0)
    }
    let set = missing.reduce(0) { $0 | 1 << $1 }
    return missing.map {
      phrases[$0].count - progress.matched[$0] + leastAfter[set & ~(1 << $0)][$0]
    }.min() ?? 0
  }

  /// The tokens that would bring a hypothesis further with one of the missing phrases.
  func followers(_ progress: Progress) -> [Int32] {
    var tokens: [Int32] = []
    for (index, phrase) in phrases.enumerated() where progress.said & 1 << UInt64(index) == 0 {
      let token = phrase[progress.matched[index]]
      if !tokens.contains(token) { tokens.append(token) }
    }
    return tokens
  }

  /// The length of the longest beginning of a phrase that a text ends with, after one more token.
  ///
  /// - SeeAlso: Knuth, Morris, Pratt 1977, doi:10.1137/0206024.
  private static func extended(
    _ matched: Int, by token: Int32, _ phrase: [Int32], _ borders: [Int]
  ) -> Int {
    var matched = matched
    while matched == phrase.count || phrase[matched] != token {
      if matched == 0 { return 0 }
      matched = borders[matched]
    }
    return matched + 1
  }

  /// For every length of a phrase's beginning, the longest shorter one that it ends with.
  private static func borders(of phrase: [Int32]) -> [Int] {
    var borders = [0, 0]
    for length in 1..<max(phrase.count, 1) {
      var border = borders[length]
      while border > 0 && phrase[border] != phrase[length] { border = borders[border] }
      borders.append(phrase[border] == phrase[length] ? border + 1 : 0)
    }
    return borders
  }

  /// The shortest common superstring, by dynamic programming over sets: no phrase contains another,
  /// so an order of the phrases, each as far over its predecessor as it fits, is a shortest one.
  private static func leastTokens(_ phrases: [[Int32]], _ borders: [[Int]]) -> [[Int]] {
    let count = phrases.count
    /// How much of the beginning of `second` is the end of `first`.
    func overlap(_ first: Int, _ second: Int) -> Int {
      phrases[first].dropFirst().reduce(0) {
        extended($0, by: $1, phrases[second], borders[second])
      }
    }
    let overlaps = (0..<count).map { first in (0..<count).map { overlap(first, $0) } }
    var least = [[Int]](repeating: [Int](repeating: 0, count: count), count: 1 << count)
    for set in 1..<1 << count {
      for last in 0..<count where set & 1 << last == 0 {
        least[set][last] =
          (0..<count).filter { set & 1 << $0 != 0 }.map {
            phrases[$0].count - overlaps[last][$0] + least[set & ~(1 << $0)][$0]
          }.min() ?? 0
      }
    }
    return least
  }
}

extension [Int32] {
  /// Whether these tokens stand somewhere in it, one after the other.
  func contains(_ phrase: [Int32]) -> Bool {
    phrase.count <= count
      && (0...count - phrase.count).contains { self[$0..<$0 + phrase.count] == phrase[...] }
  }
}
