import SeqMetrics
import Testing

/// What rests on Unicode's tables, for every scalar that both sides' tables know.
@Suite struct ScalarPropertyTests {
  let recorded: BLEUFixture.Scalars
  let known: [Unicode.Scalar]

  init() throws {
    recorded = try BLEUFixture.recorded.get().scalars
    known = Self.values(in: recorded.known).compactMap { Unicode.Scalar($0) }
      .filter { $0.properties.age != nil }
  }

  @Test func numbersPunctuationAndSymbols() {
    let classes = [recorded.N, recorded.P, recorded.S].map { Set(Self.values(in: $0)) }
    #expect(known.count > 280_000)
    for scalar in known {
      let expected: ClassedScalar.Kind =
        classes[0].contains(scalar.value)
        ? .number
        : classes[1].contains(scalar.value)
          ? .punctuation : classes[2].contains(scalar.value) ? .symbol : .other
      if ClassedScalar(scalar).kind != expected { Issue.record("U+\(hex(scalar))") }
    }
  }

  @Test func whiteSpace() {
    let spaces = Set(Self.values(in: recorded.space))
    #expect(spaces.count == 29)
    for scalar in known {
      let text = bytes(String(scalar))
      let expected = spaces.contains(scalar.value) ? text.count : 0
      if Whitespace.width(at: 0, in: text) != expected { Issue.record("U+\(hex(scalar))") }
    }
  }

  @Test func lowerCaseOfEveryScalar() {
    var lower: [UInt32: [UInt8]] = [:]
    for start in stride(from: 0, to: recorded.lower.count, by: 3) {
      let scalars = recorded.lower[start + 1...start + 2].filter { $0 != 0 }
      lower[recorded.lower[start]] = bytes(
        String(String.UnicodeScalarView(scalars.compactMap { Unicode.Scalar($0) })))
    }
    #expect(lower.count > 1400)
    for scalar in known {
      let text = String(scalar)
      if lowercased(text) != lower[scalar.value] ?? bytes(text) {
        Issue.record("U+\(hex(scalar))")
      }
    }
  }

  @Test func lowerCaseOfText() throws {
    let fixture = try BLEUFixture.recorded.get()
    for (text, expected) in zip(fixture.texts, fixture.lowercase) {
      #expect(lowercased(text) == bytes(expected))
    }
  }

  @Test(
    arguments: [
      ("ΟΔΟΣ", "οδος"), ("Σ", "σ"), ("ΑΣ ΣΑ", "ας σα"), ("ΑΣ'Α", "ασ'α"), ("ΑΣ.", "ας."),
      ("Α\u{301}Σ\u{301}", "α\u{301}ς\u{301}"), ("İ", "i\u{307}"),
    ])
  func lowerCaseInContext(_ text: String, _ expected: String) {
    #expect(lowercased(text) == bytes(expected))
  }

  private static func values(in ranges: [UInt32]) -> [UInt32] {
    stride(from: 0, to: ranges.count, by: 2).flatMap { Array(ranges[$0]...ranges[$0 + 1]) }
  }

  private func hex(_ scalar: Unicode.Scalar) -> String { String(scalar.value, radix: 16) }
}
