/// From words to digits or back, in one of two languages.
enum NumberDirection: CaseIterable {
  case englishToDigits, digitsToEnglish, koreanToDigits, digitsToKorean

  /// The largest number of digits.
  static let digitCount = 9

  /// A family for each number of digits: of numbers drawn evenly nine in ten would have nine.
  ///
  /// Those of one to three digits are so few that all of them are in a training corpus of usual size;
  /// their weights keep them from making up much of a small test.
  ///
  /// Marked digits that are to be spelled out begin with the name of the language.
  func families(isMarked: Bool) -> [PairFamily] {
    var low = 0
    return (1...Self.digitCount).map { digits in
      let first = low
      low = (0..<digits).reduce(1) { product, _ in product * 10 }
      let weight = digits > 3 ? 1 : [0.05, 0.2, 0.6][digits - 1]
      return PairFamily(weight: weight, count: low - first) {
        pair(of: first + $0, isMarked: isMarked)
      }
    }
  }

  func pair(of number: Int, isMarked: Bool) -> TaskPair {
    switch self {
    case .englishToDigits:
      TaskPair(source: EnglishNumeral.words(number), target: "\(number)")
    case .digitsToEnglish:
      TaskPair(
        source: isMarked ? "english \(number)" : "\(number)", target: EnglishNumeral.words(number))
    case .koreanToDigits:
      TaskPair(source: KoreanNumeral.words(number), target: "\(number)")
    case .digitsToKorean:
      TaskPair(
        source: isMarked ? "korean \(number)" : "\(number)", target: KoreanNumeral.words(number))
    }
  }
}
