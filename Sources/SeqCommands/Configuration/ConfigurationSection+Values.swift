import Yams

/// Which numbers a key accepts.
enum NumberRange {
  /// Above 0.
  case positive
  /// 0 and above.
  case notNegative
  /// From 0 up to, but not including, 1.
  case probability
  /// Above 0, up to and including 1.
  case share
  /// From 0 to 1, both included.
  case proportion
  /// From 0.98 up to and including 1: what SentencePiece agrees to cover.
  case coverage

  func contains(_ number: Double) -> Bool {
    switch self {
    case .positive: number > 0
    case .notNegative: number >= 0
    case .probability: 0 <= number && number < 1
    case .share: 0 < number && number <= 1
    case .proportion: 0 <= number && number <= 1
    case .coverage: 0.98 <= number && number <= 1
    }
  }

  var description: String {
    switch self {
    case .positive: "a number above 0"
    case .notNegative: "a number of at least 0"
    case .probability: "a number from 0 up to, not including, 1"
    case .share: "a number above 0 and up to 1"
    case .proportion: "a number from 0 to 1"
    case .coverage: "a number from 0.98 to 1"
    }
  }
}

extension ConfigurationSection {
  /// The largest count or size where nothing else is said: sums and products of two such numbers
  /// do not overflow.
  private static var largestCount: Int32 { .max }

  /// A whole number within bounds; `fallback` when the key is absent or wrong.
  func wholeNumber<Number: FixedWidthInteger>(
    _ name: String, or fallback: Number, atLeast minimum: Number,
    atMost maximum: Number = Number(clamping: largestCount)
  ) -> Number {
    value(name, expected: Self.description(of: minimum...maximum, for: node(name))) {
      Self.wholeNumber($0, in: minimum...maximum)
    } ?? fallback
  }

  /// A whole number of at least `minimum`; nil when the key is absent, null or wrong.
  func optionalWholeNumber(
    _ name: String, atLeast minimum: Int, atMost maximum: Int = Int(largestCount)
  ) -> Int? {
    let range = minimum...maximum
    return optionalValue(name, expected: Self.description(of: range, for: node(name))) {
      Self.wholeNumber($0, in: range)
    }
  }

  /// A size in memory, a whole number and its unit; nil when the key is absent, null or wrong.
  func optionalByteCount(_ name: String) -> Int? {
    optionalValue(name, expected: "a size such as 800 MB or 2 GiB") { node in
      guard let text = node.scalar?.string else { return nil }
      let digits = text.prefix { $0.isASCII && $0.isNumber }
      let unit = text[digits.endIndex...].trimmingPrefix { $0 == " " }
      let units = ["MB": 1_000_000, "MiB": 1 << 20, "GB": 1_000_000_000, "GiB": 1 << 30]
      guard let count = Int(digits), count > 0, let factor = units[String(unit)] else { return nil }
      let (bytes, overflows) = count.multipliedReportingOverflow(by: factor)
      return overflows ? nil : bytes
    }
  }

  /// The bounds of a number; the upper one, seldom met, only where a number is above it.
  private static func description<Number: FixedWidthInteger>(
    of range: ClosedRange<Number>, for node: Node?
  ) -> String {
    let text = node?.scalar?.string ?? ""
    let isLarge =
      !text.isEmpty && text.utf8.allSatisfy { "0123456789_".utf8.contains($0) }
      && (Double(text.filter { $0 != "_" }) ?? 0) > Double(range.upperBound)
    return isLarge
      ? "a whole number from \(range.lowerBound) to \(range.upperBound)"
      : "a whole number of at least \(range.lowerBound)"
  }

  /// A number in a range; `fallback` when the key is absent or wrong.
  func number(_ name: String, or fallback: Double, _ range: NumberRange) -> Double {
    value(name, expected: range.description) { Self.number($0, range) } ?? fallback
  }

  /// A number in a range; nil for null, `fallback` when the key is absent or wrong.
  func optionalNumber(_ name: String, or fallback: Double?, _ range: NumberRange) -> Double? {
    guard contains(name) else {
      _ = node(name)
      return fallback
    }
    return optionalValue(name, expected: range.description) { Self.number($0, range) }
  }

  /// `true` or `false`; `fallback` when the key is absent or wrong.
  func flag(_ name: String, or fallback: Bool) -> Bool {
    value(name, expected: "true or false") { node in
      guard node.isPlain else { return nil }
      return switch node.scalar?.string {
      case "true", "True", "TRUE": true
      case "false", "False", "FALSE": false
      default: nil
      }
    } ?? fallback
  }

  /// One of an enumeration's words; nil when the key is absent or wrong.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, of type: Choice.Type = Choice.self
  ) -> Choice? {
    value(name, expected: Self.description(of: type)) {
      $0.scalar.flatMap { Choice(rawValue: $0.string) }
    }
  }

  /// A list of different words of an enumeration, at least one; `fallback` when the key is absent
  /// or wrong.
  func choices<Choice: RawRepresentable<String> & CaseIterable & Hashable>(
    _ name: String, or fallback: [Choice]
  ) -> [Choice] {
    let expected = "a list of different words out of \(Self.words(of: Choice.self))"
    return value(name, expected: expected) { node in
      guard let nodes = node.sequence else { return nil }
      let choices = nodes.compactMap { $0.scalar.flatMap { Choice(rawValue: $0.string) } }
      let areSound = choices.count == nodes.count && Set(choices).count == choices.count
      return areSound && !choices.isEmpty ? choices : nil
    } ?? fallback
  }

  /// A text that is not empty; nil when the key is absent or wrong.
  func text(_ name: String) -> String? {
    value(name, expected: "a text") { node in
      node.scalar.flatMap { $0.string.utf8.isEmpty ? nil : $0.string }
    }
  }

  /// A text that must be there; a missing or wrong one is noted and stands as an empty one.
  func requiredText(_ name: String) -> String {
    if !contains(name) { note(name, "missing: expected a text") }
    return text(name) ?? ""
  }

  /// The value of a key as `read` understands it; nil, and noted, when it does not or when the
  /// value is null; nil when the key is absent.
  private func value<Value>(
    _ name: String, expected: String, read: (Node) -> Value?
  ) -> Value? {
    if contains(name), !isSet(name) {
      note(name, "expected \(expected), found nothing")
      return nil
    }
    return optionalValue(name, expected: expected, read: read)
  }

  /// Like ``value(_:expected:read:)``, but null is as good as absent.
  private func optionalValue<Value>(
    _ name: String, expected: String, read: (Node) -> Value?
  ) -> Value? {
    guard let node = node(name) else { return nil }
    if let value = read(node) { return value }
    note(name, "expected \(expected), found \(node.foundSummary)")
    return nil
  }

  private static func words<Choice: RawRepresentable<String> & CaseIterable>(
    of type: Choice.Type
  ) -> String {
    Choice.allCases.map(\.rawValue).joined(separator: ", ")
  }

  private static func description<Choice: RawRepresentable<String> & CaseIterable>(
    of type: Choice.Type
  ) -> String {
    Choice.allCases.count == 1 ? words(of: type) : "one of \(words(of: type))"
  }

  /// Reads decimal digits, if one likes with a sign and with `_` between groups.
  ///
  /// No leading zeros: YAML once took them for octal.
  private static func wholeNumber<Number: FixedWidthInteger>(
    _ node: Node, in range: ClosedRange<Number>
  ) -> Number? {
    guard node.isPlain, let text = node.scalar?.string else { return nil }
    let digits = text.split(separator: "_", omittingEmptySubsequences: false)
    let unsigned = text.drop { $0 == "-" || $0 == "+" }
    guard digits.allSatisfy({ !$0.isEmpty }), !unsigned.hasPrefix("0") || unsigned == "0",
      let number = Number(digits.joined()), range.contains(number)
    else { return nil }
    return number
  }

  private static func number(_ node: Node, _ range: NumberRange) -> Double? {
    // `Double` also reads hexadecimal, infinity and nan.
    guard node.isPlain, let text = node.scalar?.string,
      text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }),
      let number = Double(text), number.isFinite, range.contains(number)
    else { return nil }
    return number
  }
}

extension Node {
  /// ``summary``, and for a list of plain words the words.
  fileprivate var foundSummary: String {
    guard let sequence, sequence.allSatisfy({ $0.scalar != nil }) else { return summary }
    return "[\(sequence.map { $0.scalar?.string ?? "" }.joined(separator: ", "))]"
  }
}
