/// A task whose pairs the toolkit makes itself, so that everything can be tried without data.
///
///     for pair in try BuiltInTask.french.pairs(.test, count: 3) { print(pair.source, pair.target) }
///
/// Every source has exactly one target, so a model can learn each of them to 100 %. Whether a pair
/// is for training, validation or testing depends on its source alone, see ``Fold``.
public enum BuiltInTask: String, Codable, Hashable, Sendable, CaseIterable {
  /// 3 to 10 letters from a to j, or as many as are asked for, the same again: `d a c` → `d a c`.
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
  /// - Parameters:
  ///   - fold: what they are for.
  ///   - count: how many.
  ///   - seed: what they are drawn from.
  ///   - maxLength: letters of the longest source, of ``copy``, ``reverse``, ``append`` and
  ///     ``sort``; all lengths from 3 come equally often. Nil is ``defaultMaxLength``.
  /// - Returns: Pairs to be walked through; a fold that holds fewer ends earlier.
  /// - Throws: ``TextError`` of kind configuration when the task has fewer than `count` pairs, or no
  ///   such length.
  public func pairs(
    _ fold: Fold, count: Int, seed: UInt64 = 1, maxLength: Int? = nil
  ) throws(TextError) -> TaskPairs {
    if let maxLength, let problem = problem(maxLength: maxLength) {
      throw TextError(.configuration, found: problem)
    }
    let families = families(maxLength: maxLength)
    let total = families.reduce(0) { $0 + $1.count }
    guard count <= total else {
      throw TextError(
        .configuration, found: "\(count) pairs of the task \(rawValue)",
        expected: "at most \(total), the pairs of all folds",
        hint: "Lower pair_count.")
    }
    return TaskPairs(self, families, fold: fold, count: count, seed: seed)
  }

  /// Letters of the longest source of ``copy``, ``reverse``, ``append`` and ``sort``, unless another
  /// length is asked for.
  public static let defaultMaxLength = 10
  /// The longest source that can be asked for, in letters.
  public static let greatestMaxLength = 1000

  /// What is wrong with a length that is asked for, in words; nil when nothing is.
  public func problem(maxLength: Int) -> String? {
    guard [.copy, .reverse, .append, .sort].contains(self) else {
      return "the pairs of \(rawValue) have the lengths that they have; a maximum is for copy, "
        + "reverse, append and sort"
    }
    let range = LetterTask.minimumLength...Self.greatestMaxLength
    guard range.contains(maxLength) else {
      return "expected \(range.lowerBound) to \(range.upperBound) letters, found \(maxLength)"
    }
    return nil
  }

  /// The kinds of pairs that make up the task, each with the share of draws it gets.
  package func families(maxLength: Int? = nil) -> [PairFamily] {
    let length = maxLength ?? Self.defaultMaxLength
    return switch self {
    case .copy: LetterTask.families(maxLength: length) { $0 }
    case .reverse: LetterTask.families(maxLength: length) { $0.reversed() }
    case .append: LetterTask.families(maxLength: length) { $0 + ["x"] }
    case .sort: LetterTask.families(maxLength: length) { $0.sorted() }
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
