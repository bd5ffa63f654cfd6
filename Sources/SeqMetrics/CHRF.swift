/// The share of character n-grams that output and references have in common, as an F score.
///
///     let score = try CHRF().corpusScore(hypotheses: output, references: [gold])
///     let plusPlus = CHRF(wordOrder: 2)
///
/// With precision `P` and recall `R`, each the mean over the orders that both sides have, the score
/// is `100 · (1 + β²) P R / (β² P + R)`. Characters are Unicode scalars, so no tokenisation is
/// needed; with word n-grams counted too it is called chrF+ (order 1) and chrF++ (order 2). Of several
/// references a segment is compared with the one that gives it the best score.
///
/// - SeeAlso: Popović 2015, <https://aclanthology.org/W15-3049>; Popović 2017,
///   <https://aclanthology.org/W17-4770>; sacreBLEU 2, whose figures and signatures these are.
public struct CHRF: CorpusMetric, Hashable {
  /// The release of sacreBLEU whose figures these are, which signatures carry as `version`.
  public static let definitionVersion = BLEU.definitionVersion

  /// The longest n-gram of characters.
  public let characterOrder: Int
  /// The longest n-gram of words; 0 counts none.
  public let wordOrder: Int
  /// How many times as important recall is as precision.
  public let beta: Int
  /// Compare in lower case.
  public let lowercase: Bool
  /// White space is a character like any other; otherwise it is left out.
  public let countsWhitespace: Bool
  /// Average the F scores of all orders, an order without n-grams having a very small one, as
  /// chrF++.py does; otherwise precision and recall are averaged, over orders that have n-grams.
  public let epsilonSmoothing: Bool

  /// Settings whose defaults are those of sacreBLEU: chrF2.
  ///
  /// - Precondition: orders and `beta` are at least 0, and one order is above 0.
  public init(
    characterOrder: Int = 6, wordOrder: Int = 0, beta: Int = 2, lowercase: Bool = false,
    countsWhitespace: Bool = false, epsilonSmoothing: Bool = false
  ) {
    guard characterOrder >= 0, wordOrder >= 0, characterOrder + wordOrder > 0 else {
      fatalError("chrF: orders \(characterOrder) and \(wordOrder), expected one above 0")
    }
    guard beta >= 0 else { fatalError("chrF: beta \(beta), below 0") }
    self.characterOrder = characterOrder
    self.wordOrder = wordOrder
    self.beta = beta
    self.lowercase = lowercase
    self.countsWhitespace = countsWhitespace
    self.epsilonSmoothing = epsilonSmoothing
  }

  /// Zeros for every order.
  public var emptyStatistics: CHRFStatistics {
    let zeros = [Int](repeating: 0, count: characterOrder + wordOrder)
    return CHRFStatistics(hypothesis: zeros, reference: zeros, matches: zeros)
  }

  /// Counts the n-grams of a segment and of the reference that suits it best.
  ///
  /// Cost: for every reference as many table steps a character as there are orders.
  ///
  /// - Precondition: there is at least one reference.
  public func statistics(hypothesis: String, references: [String]) -> CHRFStatistics {
    guard !references.isEmpty else { fatalError("chrF: a hypothesis without references") }
    var interner = TokenInterner()
    let hypothesis = units(of: hypothesis, &interner)
    var best = emptyStatistics
    var bestScore = -1.0
    for reference in references {
      let found = compare(hypothesis, with: units(of: reference, &interner))
      let score = value(of: found)
      if score > bestScore { (best, bestScore) = (found, score) }
    }
    return best
  }

  /// The F score of the counts.
  public func score(of statistics: CHRFStatistics) -> CHRFScore {
    CHRFScore(
      value: value(of: statistics), wordOrder: wordOrder, beta: beta, statistics: statistics)
  }

  /// The signature sacreBLEU gives these settings: `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|…`.
  public func signature(referenceCount: Int) -> MetricSignature {
    [
      "nrefs": "\(referenceCount)",
      "case": lowercase ? "lc" : "mixed",
      "eff": epsilonSmoothing ? "no" : "yes",
      "nc": "\(characterOrder)",
      "nw": "\(wordOrder)",
      "space": countsWhitespace ? "yes" : "no",
      "version": Self.definitionVersion,
    ]
  }

  // MARK: Counting

  /// A line as the symbols whose n-grams are counted.
  private struct Units {
    var characters: [Int32]
    var words: [Int32]
  }

  private func units(of line: String, _ interner: inout TokenInterner) -> Units {
    let text = lowercase ? lowercased(line) : Array(line.utf8)
    let characters = String(decoding: text, as: UTF8.self).unicodeScalars.compactMap {
      countsWhitespace || !Whitespace.contains($0) ? Int32($0.value) : nil
    }
    let words = wordOrder == 0 ? [] : interner.tokens(in: separatedAtWordEdges(text))
    return Units(characters: characters, words: words)
  }

  private func compare(_ hypothesis: Units, with reference: Units) -> CHRFStatistics {
    var counts = CHRFStatistics(hypothesis: [], reference: [], matches: [])
    counts.append(hypothesis.characters, reference.characters, maximumOrder: characterOrder)
    counts.append(hypothesis.words, reference.words, maximumOrder: wordOrder)
    return counts
  }

  // MARK: Scoring

  private func value(of counts: CHRFStatistics) -> Double {
    let nothing = 1e-16
    let factor = Double(beta * beta)
    var sums = (score: 0.0, precision: 0.0, recall: 0.0)
    var orderCount = 0
    for order in counts.matches.indices {
      let (hypothesis, reference) = (counts.hypothesis[order], counts.reference[order])
      let matches = Double(counts.matches[order])
      let precision = hypothesis > 0 ? matches / Double(hypothesis) : nothing
      let recall = reference > 0 ? matches / Double(reference) : nothing
      let weight = factor * precision + recall
      sums.score += weight > 0 ? (1 + factor) * precision * recall / weight : nothing
      if hypothesis > 0 && reference > 0 {
        sums.precision += precision
        sums.recall += recall
        orderCount += 1
      }
    }
    if epsilonSmoothing { return 100 * sums.score / Double(counts.matches.count) }
    guard orderCount > 0, sums.precision + sums.recall > 0 else { return 0 }
    let precision = sums.precision / Double(orderCount)
    let recall = sums.recall / Double(orderCount)
    return 100 * ((1 + factor) * precision * recall / (factor * precision + recall))
  }
}

/// The sums that chrF rests on: n-grams by order, those of characters first.
public struct CHRFStatistics: MetricStatistics, Hashable {
  /// N-grams of the hypotheses, none where the references have none of the order.
  public private(set) var hypothesis: [Int]
  /// N-grams of the references.
  public private(set) var reference: [Int]
  /// N-grams that both have.
  public private(set) var matches: [Int]

  init(hypothesis: [Int], reference: [Int], matches: [Int]) {
    self.hypothesis = hypothesis
    self.reference = reference
    self.matches = matches
  }

  /// Adds the counts of further segments.
  ///
  /// - Precondition: both sides have the same orders.
  public static func += (sum: inout CHRFStatistics, more: CHRFStatistics) {
    guard sum.matches.count == more.matches.count else {
      fatalError("chrF statistics: \(sum.matches.count) and \(more.matches.count) orders summed")
    }
    for order in sum.matches.indices {
      sum.hypothesis[order] += more.hypothesis[order]
      sum.reference[order] += more.reference[order]
      sum.matches[order] += more.matches[order]
    }
  }

  /// Hypothesis, reference and matches, each by order.
  public var components: [Double] { (hypothesis + reference + matches).map(Double.init) }

  /// Counts from their numbers.
  public init(components: [Double]) {
    let orders = components.count / 3
    let counts = components.map { Int($0) }
    hypothesis = Array(counts[..<orders])
    reference = Array(counts[orders..<2 * orders])
    matches = Array(counts[(2 * orders)...])
  }

  /// Counts the n-grams of two sequences, in orders after those there are.
  fileprivate mutating func append(
    _ hypothesis: [Int32], _ reference: [Int32], maximumOrder: Int
  ) {
    guard maximumOrder > 0 else { return }
    let limits = NGramLimits(references: [reference], maximumOrder: maximumOrder)
    matches += limits.matches(in: hypothesis)
    for order in 1...maximumOrder {
      let referenceCount = max(0, reference.count - order + 1)
      self.reference.append(referenceCount)
      self.hypothesis.append(referenceCount == 0 ? 0 : max(0, hypothesis.count - order + 1))
    }
  }
}

/// A chrF figure.
public struct CHRFScore: MetricScore, Hashable {
  /// The score, 0–100.
  public let value: Double
  let wordOrder: Int
  let beta: Int
  /// The counts behind it.
  public let statistics: CHRFStatistics

  /// `chrF2`, `chrF2++`: β, and a plus for every order of words.
  public var metricName: String { "chrF\(beta)" + String(repeating: "+", count: wordOrder) }
  /// Empty.
  public var details: String { "" }
}

/// Sets one ASCII punctuation mark apart from each word: from its end, else from its beginning.
///
/// `(hi)` becomes `(hi )`: one mark a word, as the figures to agree with have it.
private func separatedAtWordEdges(_ text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count + text.count / 4)
  var index = 0
  while index < text.count {
    let space = Whitespace.width(at: index, in: text)
    if space > 0 {
      result.append(0x20)
      index += space
      continue
    }
    let start = index
    while index < text.count, Whitespace.width(at: index, in: text) == 0 { index += 1 }
    let word = text[start..<index]
    if word.count > 1, isASCIIPunctuation(text[index - 1]) {
      result += word.dropLast() + [0x20, text[index - 1]]
    } else if word.count > 1, isASCIIPunctuation(text[start]) {
      result += [text[start], 0x20] + word.dropFirst()
    } else {
      result += word
    }
  }
  return result
}

private func isASCIIPunctuation(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
  default: false
  }
}
