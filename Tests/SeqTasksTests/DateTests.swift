import Foundation
import Testing

import SeqText

@Suite struct DateTests {
  @Test("Every day of two centuries is the calendar's")
  func calendar() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
    let start = try #require(calendar.date(from: DateComponents(year: 1900, month: 1, day: 1)))
    for number in stride(from: 0, to: CalendarDay.count, by: 19) {
      let day = CalendarDay(number: number)
      let date = start.addingTimeInterval(Double(number) * 86_400)
      let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
      #expect(parts.year == day.year && parts.month == day.month && parts.day == day.day)
      #expect(parts.weekday == day.weekday + 1)
    }
    #expect(CalendarDay(number: CalendarDay.count - 1).iso == "2099-12-31")
  }

  @Test("5 March 2019 in every spelling")
  func spellings() throws {
    let number = try #require(
      (0..<CalendarDay.count).first { CalendarDay(number: $0).iso == "2019-03-05" })
    let day = CalendarDay(number: number)
    #expect(
      DateSpelling.allCases.compactMap { $0.spell(day) } == [
        "5 March 2019", "the 5th of March 2019", "5 Mar 2019", "05-Mar-2019", "March 5, 2019",
        "March 5th, 2019", "Mar 5, 2019", "Tuesday, March 5, 2019", "le 5 mars 2019",
        "mardi 5 mars 2019", "2019년 3월 5일", "2019년 3월 5일 화요일", "2019. 3. 5.", "5.3.2019",
        "2019/3/5", "20190305",
      ])
    #expect(DateSpelling.french.spell(CalendarDay(number: 0)) == "le 1er janvier 1900")
  }

  @Test("No spelling of a day reads like one of another day")
  func distinctness() {
    var texts: Set<String> = []
    var count = 0
    for spelling in DateSpelling.allCases {
      for number in stride(from: 0, to: CalendarDay.count, by: 11) {
        guard let text = spelling.spell(CalendarDay(number: number)) else { continue }
        texts.insert(text)
        count += 1
      }
    }
    #expect(texts.count == count && count > 100_000)
  }
}
