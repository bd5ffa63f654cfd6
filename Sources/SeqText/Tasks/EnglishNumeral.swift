/// Whole numbers below a thousand million in American English words.
package enum EnglishNumeral {
  private static let units = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
  ]
  private static let tens = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
  ]

  /// `1234` is "one thousand two hundred thirty-four".
  ///
  /// - Precondition: 0 ≤ number < 1,000,000,000.
  package static func words(_ number: Int) -> String {
    if number == 0 { return units[0] }
    var parts: [String] = []
    for (size, name) in [(1_000_000, "million"), (1000, "thousand"), (1, "")] {
      let group = number / size % 1000
      if group == 0 { continue }
      parts += belowThousand(group)
      if !name.isEmpty { parts.append(name) }
    }
    return parts.joined(separator: " ")
  }

  private static func belowThousand(_ number: Int) -> [String] {
    var parts: [String] = []
    if number >= 100 { parts += [units[number / 100], "hundred"] }
    let rest = number % 100
    if rest >= 20 {
      parts.append(tens[rest / 10] + (rest % 10 == 0 ? "" : "-" + units[rest % 10]))
    } else if rest > 0 {
      parts.append(units[rest])
    }
    return parts
  }
}
