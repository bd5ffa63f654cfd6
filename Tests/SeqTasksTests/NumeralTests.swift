import Testing

import SeqText

@Suite struct NumeralTests {
  @Test(
    "English numerals",
    arguments: [
      (0, "zero"), (7, "seven"), (13, "thirteen"), (20, "twenty"), (21, "twenty-one"),
      (40, "forty"), (100, "one hundred"), (105, "one hundred five"),
      (999, "nine hundred ninety-nine"),
      (1000, "one thousand"), (1234, "one thousand two hundred thirty-four"),
      (10_010, "ten thousand ten"), (1_000_000, "one million"),
      (
        999_999_999,
        "nine hundred ninety-nine million nine hundred ninety-nine thousand nine hundred ninety-nine"
      ),
    ])
  func english(_ number: Int, _ words: String) {
    #expect(EnglishNumeral.words(number) == words)
  }

  @Test(
    "Korean numerals",
    arguments: [
      (0, "영"), (1, "일"), (10, "십"), (11, "십일"), (16, "십육"), (20, "이십"), (100, "백"),
      (111, "백십일"), (1000, "천"), (1111, "천백십일"), (1234, "천이백삼십사"), (10_000, "만"),
      (10_001, "만 일"), (12_345, "만 이천삼백사십오"), (20_000, "이만"), (100_000, "십만"),
      (110_000, "십일만"), (1_000_000, "백만"), (10_000_000, "천만"), (11_110_000, "천백십일만"),
      (100_000_000, "일억"), (100_010_000, "일억 일만"), (100_000_001, "일억 일"),
      (123_456_789, "일억 이천삼백사십오만 육천칠백팔십구"),
    ])
  func korean(_ number: Int, _ words: String) {
    #expect(KoreanNumeral.words(number) == words)
  }

  /// Read by rules of their own: a sum of products, as a person understands numerals.
  @Test("Words mean the number they were made from")
  func roundTrip() {
    let draws = CountedDraws(key: 1)
    let large = (0..<10_000).map { index in
      draws.integer(below: 1_000_000_000 >> (index % 16), at: UInt64(index))
    }
    let misread = (Array(0..<11_000) + large).filter { number in
      Self.readEnglish(EnglishNumeral.words(number)) != number
        || Self.readKorean(KoreanNumeral.words(number)) != number
    }
    #expect(misread == [])
  }

  private static func readEnglish(_ text: String) -> Int? {
    let values = Dictionary(
      uniqueKeysWithValues: zip(
        [
          "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
          "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
          "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy",
          "eighty", "ninety",
        ], Array(0...20) + [30, 40, 50, 60, 70, 80, 90]))
    var (sum, group) = (0, 0)
    for word in text.split(whereSeparator: { " -".contains($0) }).map(String.init) {
      switch word {
      case "hundred": group *= 100
      case "thousand": (sum, group) = (sum + group * 1000, 0)
      case "million": (sum, group) = (sum + group * 1_000_000, 0)
      default:
        guard let value = values[word] else { return nil }
        group += value
      }
    }
    return sum + group
  }

  private static func readKorean(_ text: String) -> Int? {
    let digits: [Character: Int] = [
      "영": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9,
    ]
    let places: [Character: Int] = ["십": 10, "백": 100, "천": 1000]
    let groups: [Character: Int] = ["만": 10_000, "억": 100_000_000]
    var (sum, group, digit) = (0, 0, nil as Int?)
    for character in text where character != " " {
      if let value = digits[character] {
        digit = value
      } else if let place = places[character] {
        group += (digit ?? 1) * place
        digit = nil
      } else if let size = groups[character] {
        let count = group + (digit ?? 0)
        sum += (count == 0 ? 1 : count) * size
        (group, digit) = (0, nil)
      } else {
        return nil
      }
    }
    return sum + group + (digit ?? 0)
  }

  @Test("A mixture has four directions, told apart by their sources, of all lengths")
  func mixture() throws {
    let pairs = try BuiltInTaskTests.pairs(.numbers, count: 4000)
    let english = pairs.count { $0.source.hasPrefix("english ") }
    let korean = pairs.count { $0.source.hasPrefix("korean ") }
    let digits = pairs.filter { Int($0.target) != nil }
    #expect(min(english, korean) > 700 && digits.count > 1600)
    #expect(english + korean + digits.count == pairs.count)
    #expect(Set(digits.map { $0.target.count }) == Set(1...9))
    for pair in digits {
      let number = try #require(Int(pair.target))
      #expect(
        pair.source == EnglishNumeral.words(number) || pair.source == KoreanNumeral.words(number))
    }
  }
}
