/// Whole numbers below 10¹² in Sino-Korean words.
package enum KoreanNumeral {
  private static let digits = ["", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"]
  private static let places = ["", "십", "백", "천"]
  private static let groups = ["", "만", "억"]

  /// `12345678` is "천이백삼십사만 오천육백칠십팔".
  ///
  /// 일 is not said before 십, 백 and 천, nor before 만 at the beginning (10,000 is 만), but is
  /// before 억 and before a 만 inside (100,010,000 is 일억 일만). Groups of four digits stand apart,
  /// as article 44 of the Korean orthography has it.
  ///
  /// - Precondition: 0 ≤ number < 1,000,000,000,000.
  package static func words(_ number: Int) -> String {
    if number == 0 { return "영" }
    var parts: [String] = []
    for (index, size) in [(2, 100_000_000), (1, 10_000), (0, 1)] {
      let group = number / size % 10_000
      if group == 0 { continue }
      let isBareTenThousand = index == 1 && group == 1 && parts.isEmpty
      parts.append((isBareTenThousand ? "" : belowTenThousand(group)) + groups[index])
    }
    return parts.joined(separator: " ")
  }

  private static func belowTenThousand(_ number: Int) -> String {
    var text = ""
    for (place, size) in [(3, 1000), (2, 100), (1, 10), (0, 1)] {
      let digit = number / size % 10
      if digit == 0 { continue }
      text += (digit == 1 && place > 0 ? "" : digits[digit]) + places[place]
    }
    return text
  }
}
