/// Sequences of letters from a to j, spaces between them, and what is to be made of them.
enum LetterTask {
  private static let letters = "abcdefghij".map(String.init)
  /// The least letters of a sequence.
  static let minimumLength = 3
  /// So many letters can be numbered; those behind them are drawn.
  private static let numberedLength = 15

  /// A family for each length from 3, all drawn equally often while they last.
  static func families(
    maxLength: Int, _ answer: @escaping @Sendable ([String]) -> [String]
  ) -> [PairFamily] {
    (minimumLength...maxLength).map { length in
      // 10¹⁵ sequences of a length are more than anybody draws; with the numbers of all, their sum
      // would overflow. The numbered letters keep any two of them different.
      let numbered = min(length, numberedLength)
      return PairFamily(weight: 1, choices: Array(repeating: letters.count, count: numbered)) {
        digits in
        let draws = CountedDraws(key: digits.reduce(0) { 10 * $0 + UInt64($1) })
        let rest = (numbered..<length).map {
          draws.integer(below: letters.count, at: UInt64($0))
        }
        let word = (digits + rest).map { letters[$0] }
        return TaskPair(
          source: word.joined(separator: " "), target: answer(word).joined(separator: " "))
      }
    }
  }
}
