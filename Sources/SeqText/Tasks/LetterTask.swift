/// Sequences of letters from a to j, spaces between them, and what is to be made of them.
enum LetterTask {
  private static let letters = "abcdefghij".map(String.init)

  /// A family for each length from 3 to 10, all drawn equally often while they last.
  static func families(
    _ answer: @escaping @Sendable ([String]) -> [String]
  ) -> [PairFamily] {
    (3...10).map { length in
      PairFamily(weight: 1, choices: Array(repeating: letters.count, count: length)) { digits in
        let word = digits.map { letters[$0] }
        return TaskPair(
          source: word.joined(separator: " "), target: answer(word).joined(separator: " "))
      }
    }
  }
}
