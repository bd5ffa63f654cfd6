/// A task whose pairs the toolkit makes itself, so that everything can be tried without data.
///
///     for pair in try BuiltInTask.french.pairs(.test, count: 3) { print(pair.source, pair.target) }
///
/// Every source has exactly one target, so a model can learn each of them to 100 %. Whether a pair
/// is for training, validation or testing depends on its source alone, see ``Fold``.
public enum BuiltInTask: String, Codable, Hashable, Sendable, CaseIterable {
  /// 3 to 10 letters from a to j, the same again: `d a c` → `d a c`.
  case copy
  /// The letters in reverse order: `d a c` → `c a d`.
  case reverse
  /// The letters and an x: `d a c` → `d a c x`.
  case append
  /// The letters in alphabetical order: `d a c` → `a c d`.
  case sort
  /// A day of 1900–2099 in one of sixteen spellings → ISO 8601: `2019년 3월 5일` → `2019-03-05`.
  ///
  /// Where digits alone do not tell day from month, dots mean day first (`5.3.2019`), slashes
  /// year first (`2019/3/5`).
  case dates
  /// Numbers below a thousand million, all four directions mixed.
  ///
  /// Digits to be spelled out begin with the language: `english 1234`, `korean 1234`. Words need no
  /// mark, they become digits.
  case numbers
  /// `one thousand two hundred thirty-four` → `1234`.
  case englishToDigits = "english_to_digits"
  /// `1234` → `one thousand two hundred thirty-four`.
  case digitsToEnglish = "digits_to_english"
  /// `천이백삼십사` → `1234`.
  case koreanToDigits = "korean_to_digits"
  /// `1234` → `천이백삼십사`.
  case digitsToKorean = "digits_to_korean"
  /// French phrasebook sentences into English: `Je suis étudiant` → `I am a student`.
  ///
  /// Statements have no final period. ``withheldSource`` is never among the training pairs.
  case french

  /// The sentence that training and validation never see, so that translating it shows what was
  /// understood rather than remembered; nil for tasks other than ``french``.
  public var withheldSource: String? { self == .french ? "Je suis étudiant" : nil }

  /// Pairs of one fold, all different, made one by one as they are asked for.
  ///
  /// The first n of many pairs are the same as n pairs; another seed draws others of the same fold.
  ///
  /// - Throws: ``TextError`` of kind configuration when the task has fewer than `count` pairs.
  public func pairs(
    _ fold: Fold, count: Int, seed: UInt64 = 1
  ) throws(TextError) -> TaskPairs {
    let families = families
    let total = families.reduce(0) { $0 + $1.count }
    guard count <= total else {
      throw TextError(
        .configuration, found: "\(count) pairs of the task \(rawValue)",
        expected: "at most \(total), the pairs of all folds",
        hint: "Lower pair_count.")
    }
    return TaskPairs(self, families, fold: fold, count: count, seed: seed)
  }

  /// The kinds of pairs that make up the task, each with the share of draws it gets.
  package var families: [PairFamily] {
    switch self {
    case .copy: LetterTask.families { $0 }
    case .reverse: LetterTask.families { $0.reversed() }
    case .append: LetterTask.families { $0 + ["x"] }
    case .sort: LetterTask.families { $0.sorted() }
    case .dates: DateSpelling.families
    case .numbers: NumberDirection.allCases.flatMap { $0.families(isMarked: true) }
    case .englishToDigits: NumberDirection.englishToDigits.families(isMarked: false)
    case .digitsToEnglish: NumberDirection.digitsToEnglish.families(isMarked: false)
    case .koreanToDigits: NumberDirection.koreanToDigits.families(isMarked: false)
    case .digitsToKorean: NumberDirection.digitsToKorean.families(isMarked: false)
    case .french: FrenchPhrasebook.families
    }
  }
}
