/// What a tokenizer searches text for: the few patterns that tokenizers of models use, in place of
/// regular expressions at large.
enum TextPattern: Sendable {
  /// Exactly these bytes.
  case literal([UInt8])
  /// From `atLeast` to `atMost` scalars of one class, as many as there are.
  case run(ScalarClass, atLeast: Int, atMost: Int)
  /// The words of GPT-2, which cover every text.
  case words

  /// What a scalar must be.
  enum ScalarClass: Sendable {
    case scalar(Unicode.Scalar)
    case space, notSpace, letter, number, digit

    @inline(__always)
    func contains(_ scalar: Unicode.Scalar) -> Bool {
      switch self {
      case .scalar(let own): scalar == own
      case .space: scalar.isSpace
      case .notSpace: !scalar.isSpace
      case .letter: scalar.isLetter
      case .number: scalar.isNumber
      case .digit: scalar.properties.generalCategory == .decimalNumber
      }
    }
  }

  /// The matches in a part of a text from left to right, none of them empty.
  func matches(in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [Range<Int>] {
    var matches: [Range<Int>] = []
    switch self {
    case .literal(let bytes):
      if bytes.isEmpty { return [] }
      var index = range.lowerBound
      while index + bytes.count <= range.upperBound {
        if text[index] == bytes[0], text[index..<(index + bytes.count)].elementsEqual(bytes) {
          matches.append(index..<(index + bytes.count))
          index += bytes.count
        } else {
          index += 1
        }
      }
    case .run(let scalarClass, let least, let most):
      var index = range.lowerBound
      while index < range.upperBound {
        var end = index
        var count = 0
        while end < range.upperBound, count < most, scalarClass.contains(text.scalar(at: end)) {
          end += announcedLength(text[end])
          count += 1
        }
        if count >= least { matches.append(index..<end) }
        index = count == 0 ? index + announcedLength(text[index]) : end
      }
    case .words:
      WordScanner.forEachWord(of: text, range) { matches.append($0) }
    }
    return matches
  }

  /// A pattern as `Replace` and `Split` have it: `{"String": …}` or `{"Regex": …}`.
  init(_ node: JSONNode) throws(TextError) {
    if let text = try node.optional("String") {
      self = .literal(try text.text())
    } else {
      let regex = try node.required("Regex")
      guard let pattern = TextPattern(regularExpression: try regex.string()) else {
        throw regex.problem(
          "the regular expression \(regex.value.description) is not supported",
          expected: "a text, one character or class with {n,} or +, or GPT-2's words")
      }
      self = pattern
    }
  }

  /// A regular expression that is one of the patterns, nil otherwise.
  init?(regularExpression: String) {
    if regularExpression == WordScanner.regularExpression {
      self = .words
      return
    }
    let classes: [(String, ScalarClass)] = [
      ("\\s", .space), ("\\S", .notSpace), ("\\p{L}", .letter), ("\\p{N}", .number),
      ("\\d", .digit), ("\\n", .scalar("\n")), ("\\r", .scalar("\r")), ("\\t", .scalar("\t")),
    ]
    var rest = regularExpression.unicodeScalars[...]
    let scalarClass: ScalarClass
    if let known = classes.first(where: { rest.starts(with: $0.0.unicodeScalars) }) {
      rest = rest.dropFirst(known.0.unicodeScalars.count)
      scalarClass = known.1
    } else if let first = rest.first, !TextPattern.isSyntax(first) {
      if regularExpression.unicodeScalars.count > 1,
        regularExpression.unicodeScalars.allSatisfy({ !TextPattern.isSyntax($0) })
      {
        self = .literal(Array(regularExpression.utf8))
        return
      }
      rest = rest.dropFirst()
      scalarClass = .scalar(first)
    } else {
      return nil
    }
    guard let (least, most) = TextPattern.quantifier(String(rest)) else { return nil }
    self = .run(scalarClass, atLeast: least, atMost: most)
  }

  private static func isSyntax(_ scalar: Unicode.Scalar) -> Bool {
    "\\^$.|?*+()[]{}".unicodeScalars.contains(scalar)
  }

  /// How often: once, `+`, `{n}`, `{n,}` or `{n,m}`.
  private static func quantifier(_ text: String) -> (Int, Int)? {
    if text.isEmpty { return (1, 1) }
    if text == "+" { return (1, .max) }
    guard text.hasPrefix("{"), text.hasSuffix("}") else { return nil }
    let bounds = text.dropFirst().dropLast().split(
      separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    guard let least = bounds.first.flatMap({ Int($0) }), least > 0 else { return nil }
    if bounds.count == 1 { return (least, least) }
    if bounds[1].isEmpty { return (least, .max) }
    return Int(bounds[1]).flatMap { $0 >= least ? (least, $0) : nil }
  }
}
