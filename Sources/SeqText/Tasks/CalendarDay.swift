/// A day of the Gregorian calendar.
package struct CalendarDay: Hashable, Sendable {
  package let year: Int
  /// From 1.
  package let month: Int
  /// From 1.
  package let day: Int
  /// 0 is Sunday.
  package let weekday: Int

  private static let monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

  /// The days from 1 January 1900, a Monday, to 31 December 2099.
  package static let count = (1900...2099).reduce(0) { $0 + length(ofYear: $1) }

  static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  static func length(ofYear year: Int) -> Int { isLeap(year) ? 366 : 365 }

  static func length(ofMonth month: Int, in year: Int) -> Int {
    month == 2 && isLeap(year) ? 29 : monthLengths[month - 1]
  }

  /// The day that many days after 1 January 1900.
  package init(number: Int) {
    var rest = number
    var year = 1900
    while rest >= Self.length(ofYear: year) {
      rest -= Self.length(ofYear: year)
      year += 1
    }
    var month = 1
    while rest >= Self.length(ofMonth: month, in: year) {
      rest -= Self.length(ofMonth: month, in: year)
      month += 1
    }
    self.year = year
    self.month = month
    day = rest + 1
    weekday = (number + 1) % 7
  }

  /// ISO 8601, as 2019-03-05.
  package var iso: String { "\(year)-\(Self.twoDigits(month))-\(Self.twoDigits(day))" }

  static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
