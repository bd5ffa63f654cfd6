/// From words to digits or back, in one of two languages.
enum NumberDirection: CaseIterable {
  case englishToDigits, digitsToEnglish, koreanToDigits, digitsToKorean

  /// The largest number of digits.
  static let digitCount = 9

  /// A family for each number of digits, all drawn equally often while they last: of numbers drawn
  /// evenly nine in ten would have nine digits.
  ///
  /// Marked digits that are to be spelled out begin with the name of the language.
  func families(isMarked: Bool) -> [PairFamily] {
    var low = 0
    return (1...Self.digitCount).map { digits in
      let first = low
      low = (0..<digits).reduce(1) { product, _ in product * 10 }
      return PairFamily(weight: 1, count: low - first) { pair(of: first + $0, isMarked: isMarked) }
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
