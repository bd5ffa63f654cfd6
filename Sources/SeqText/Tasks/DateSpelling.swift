/// The ways in which people write a date, each of them a family of pairs.
package enum DateSpelling: CaseIterable {
  case dayMonthYear, ordinalOfMonth, shortDayMonthYear, shortHyphened
  case monthDayYear, monthOrdinalYear, shortMonthDayYear, weekdayMonthDayYear
  case french, frenchWeekday
  case korean, koreanWeekday, koreanDots
  case dots, slashes, compact

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  private static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  private static let frenchMonths = [
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
    "novembre", "décembre",
  ]
  private static let frenchWeekdays = [
    "dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi",
  ]
  private static let koreanWeekdays = ["일", "월", "화", "수", "목", "금", "토"]

  static var families: [PairFamily] {
    allCases.map { spelling in
      PairFamily(weight: 1, count: CalendarDay.count) { number in
        let day = CalendarDay(number: number)
        return spelling.spell(day).map { TaskPair(source: $0, target: day.iso) }
      }
    }
  }

  /// The day in this spelling; nil where it would be the same as in another, as in May, whose name
  /// is its own abbreviation.
  package func spell(_ date: CalendarDay) -> String? {
    let (year, month, day) = (date.year, date.month, date.day)
    let name = Self.months[month - 1]
    let short = String(name.prefix(3))
    let frenchDay = "\(day == 1 ? "1er" : "\(day)") \(Self.frenchMonths[month - 1]) \(year)"
    switch self {
    case .dayMonthYear: return "\(day) \(name) \(year)"
    case .ordinalOfMonth: return "the \(Self.ordinal(day)) of \(name) \(year)"
    case .shortDayMonthYear: return name == short ? nil : "\(day) \(short) \(year)"
    case .shortHyphened: return "\(CalendarDay.twoDigits(day))-\(short)-\(year)"
    case .monthDayYear: return "\(name) \(day), \(year)"
    case .monthOrdinalYear: return "\(name) \(Self.ordinal(day)), \(year)"
    case .shortMonthDayYear: return name == short ? nil : "\(short) \(day), \(year)"
    case .weekdayMonthDayYear: return "\(Self.weekdays[date.weekday]), \(name) \(day), \(year)"
    case .french: return "le \(frenchDay)"
    case .frenchWeekday: return "\(Self.frenchWeekdays[date.weekday]) \(frenchDay)"
    case .korean: return "\(year)년 \(month)월 \(day)일"
    case .koreanWeekday:
      return "\(year)년 \(month)월 \(day)일 \(Self.koreanWeekdays[date.weekday])요일"
    case .koreanDots: return "\(year). \(month). \(day)."
    case .dots: return "\(day).\(month).\(year)"
    case .slashes: return "\(year)/\(month)/\(day)"
    case .compact: return "\(year)\(CalendarDay.twoDigits(month))\(CalendarDay.twoDigits(day))"
    }
  }

  /// 1st, 2nd, 3rd, 4th … 11th, 12th, 13th … 21st.
  private static func ordinal(_ day: Int) -> String {
    let ending =
      (11...13).contains(day)
      ? "th" : [1: "st", 2: "nd", 3: "rd"][day % 10] ?? "th"
    return "\(day)\(ending)"
  }
}
