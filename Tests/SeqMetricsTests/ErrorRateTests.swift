import Foundation
import SeqMetrics
import Testing

/// Word, character and phoneme error rates and exact matches.
@Suite struct ErrorRateTests {
  private func counts(_ metric: ErrorRate, _ hypothesis: String, _ references: String...) -> [Int] {
    let found = metric.statistics(hypothesis: hypothesis, references: references)
    return [found.hits, found.substitutions, found.insertions, found.deletions]
  }

  @Test func editsOfOneKindAreCountedAsThat() {
    let words = ErrorRate(.word)
    #expect(counts(words, "a b c", "a b c") == [3, 0, 0, 0])
    #expect(counts(words, "a x c", "a b c") == [2, 1, 0, 0])
    #expect(counts(words, "a b x c", "a b c") == [3, 0, 1, 0])
    #expect(counts(words, "a c", "a b c") == [2, 0, 0, 1])
    #expect(counts(words, "", "a b c") == [0, 0, 0, 3])
    #expect(counts(words, "a b", "") == [0, 0, 2, 0])
    #expect(counts(words, "b a", "a b") == [1, 0, 1, 1], "one kept rather than two exchanged")
    #expect(counts(words, "x y", "a b c") == [0, 2, 0, 1])
    #expect(counts(ErrorRate(.character), "sitting", "kitten") == [4, 2, 1, 0])
  }

  @Test func ratesAreErrorsAHundredTokensOfTheReferences() throws {
    // (1 substitution + 1 insertion) of 2 + 3 words; segments' own rates would average 25 %.
    let score = try ErrorRate(.word).corpusScore(
      hypotheses: ["a x", "a b c d"], references: [["a b", "a b c"]])
    #expect(score.value == 40)
    #expect(score.details == "(sub = 1 ins = 1 del = 0 right = 4 hyp_len = 6 ref_len = 5)")
    #expect(ErrorRate(.word).sentenceScore(hypothesis: "a b c", references: ["x"]).value == 300)
    #expect(ErrorRate(.word).sentenceScore(hypothesis: "", references: [""]).value == 0)
    #expect(ErrorRate(.word).sentenceScore(hypothesis: "a b", references: [" "]).value == 200)
  }

  @Test func nearestPronunciationCounts() throws {
    let rate = ErrorRate(.phoneme)
    // Two edits to the first, one to the second: 1 of 4, not of 2.
    #expect(counts(rate, "T AH M EY T", "T AH M AA T OW", "T AH M EY") == [4, 0, 1, 0])
    // One edit to either: the longer is the kinder and does not depend on the order.
    #expect(counts(rate, "A B C", "A B", "A B C D") == [3, 0, 0, 1])
    #expect(counts(rate, "A B C", "A B C D", "A B") == [3, 0, 0, 1])
    // A word with fewer pronunciations than others.
    #expect(counts(rate, "", "A B", "") == [0, 0, 0, 2])
    #expect(counts(rate, "X", "", " ", "A B C") == [0, 1, 0, 2])
    #expect(counts(rate, "X", "", "") == [0, 0, 1, 0])
    let score = try rate.corpusScore(
      hypotheses: ["A B", "C"], references: [["A", "C D"], ["A B", ""]])
    #expect(abs(score.value - 25) < 1e-12)
    #expect(score.metricName == "PER")
  }

  @Test func charactersAreScalarsAndWhiteSpaceIsOne() {
    let rate = ErrorRate(.character)
    #expect(counts(rate, " a \t\u{3000}b\u{85}", "a b") == [3, 0, 0, 0])
    #expect(counts(rate, "ab", "a b") == [2, 0, 0, 1])
    #expect(counts(rate, "caf\u{E9}", "cafe\u{301}") == [3, 1, 0, 1])
    #expect(counts(rate, "👍🏽", "👍") == [1, 0, 1, 0])
    #expect(counts(rate, "한국", "한글") == [1, 1, 0, 0])
    #expect(counts(rate, "\r\n", "") == [0, 0, 0, 0])
    #expect(counts(ErrorRate(.character, lowercase: true), "ÀB", "àb") == [2, 0, 0, 0])
    #expect(counts(ErrorRate(.word), "A", "a") == [0, 1, 0, 0])
  }

  @Test func exactMatchIsAnErrorRateOfZero() throws {
    let match = ExactMatch()
    let score = try match.corpusScore(
      hypotheses: ["a  b ", "a b", "", "caf\u{E9}"],
      references: [["a b", "b a", "", "cafe\u{301}"], ["", "a  b", "x", ""]])
    #expect(score.counts.exact == 2 && score.counts.segments == 4)
    #expect(score.value == 50 && score.details == "(exact = 2 segments = 4)")
    #expect(
      ExactMatch(lowercase: true).sentenceScore(hypothesis: "A", references: ["a"]).value == 100)
    #expect(match.sentenceScore(hypothesis: "A", references: ["a"]).value == 0)
  }

  @Test func reportsCarrySignatures() throws {
    let rate = try ErrorRate(.character, lowercase: true).report(
      hypotheses: ["kat"], references: [["Cat"], ["dog"]])
    #expect(
      rate.line(width: 2)
        == "CER|nrefs:2|case:lc|unit:character|version:1 = 33.33 "
        + "(sub = 1 ins = 0 del = 0 right = 2 hyp_len = 3 ref_len = 3)")
    let match = try ExactMatch().report(hypotheses: ["a"], references: [["a"]])
    #expect(
      match.line() == "exact_match|nrefs:1|case:mixed|version:1 = 100.0 (exact = 1 segments = 1)")
  }

  /// The whole matrix, cell by cell from its definition.
  private func plainDistance(_ first: [Int32], _ second: [Int32]) -> (edits: Int, kept: Int) {
    // The fewest edits, and the most tokens kept among ways with so many.
    var table = Array(
      repeating: Array(repeating: (edits: 0, kept: 0), count: second.count + 1),
      count: first.count + 1)
    for row in 0...first.count {
      for column in 0...second.count where row + column > 0 {
        var ways: [(edits: Int, kept: Int)] = []
        if row > 0 {
          let way = table[row - 1][column]
          ways.append((way.edits + 1, way.kept))
        }
        if column > 0 {
          let way = table[row][column - 1]
          ways.append((way.edits + 1, way.kept))
        }
        if row > 0, column > 0 {
          let way = table[row - 1][column - 1]
          let isSame = first[row - 1] == second[column - 1]
          ways.append(isSame ? (way.edits, way.kept + 1) : (way.edits + 1, way.kept))
        }
        table[row][column] = ways.min { ($0.edits, -$0.kept) < ($1.edits, -$1.kept) } ?? (0, 0)
      }
    }
    return table[first.count][second.count]
  }

  @Test func countsAgreeWithThePlainMatrix() {
    var state: UInt64 = 1
    func draw(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<400 {
      let alphabet = 1 + draw(5)
      let first = (0..<draw(14)).map { _ in Int32(draw(alphabet)) }
      let second = (0..<draw(14)).map { _ in Int32(draw(alphabet)) }
      let found = EditCounts(from: first, to: second)
      let expected = plainDistance(first, second)
      #expect(found.edits == expected.edits)
      #expect(found.hits == expected.kept)
      #expect(found.referenceLength == first.count && found.hypothesisLength == second.count)
      #expect(min(found.substitutions, found.insertions, found.deletions) >= 0)
      let kept = EditCounts.keptTokens(of: first, in: second)
      #expect(kept.count == first.count && kept.count { $0 } == found.hits)
      // What is kept stands in the hypothesis in the same order.
      var rest = second[...]
      for (token, isKept) in zip(first, kept) where isKept {
        let place = rest.firstIndex(of: token)
        #expect(place != nil)
        rest = rest.dropFirst((place ?? rest.endIndex) + 1 - rest.startIndex)
      }
      let back = EditCounts(from: second, to: first)
      #expect(back.insertions == found.deletions && back.substitutions == found.substitutions)
    }
  }
}

/// What jiwer computed, recorded by `Scripts/goldens/error_rates.py`.
@Suite struct ErrorRateGoldenTests {
  struct Fixture: Decodable {
    /// Right, substituted, inserted, deleted.
    struct Counts: Decodable {
      let segments: [Int]?
      let words: [Int]
      let wer: Double
      let characters: [Int]
      let cer: Double
    }

    let references: [String]
    let hypotheses: [String]
    let segments: [Counts]
    let corpora: [Counts]
  }

  let fixture: Fixture

  init() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "error_rates", withExtension: "json", subdirectory: "Fixtures"))
    fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
  }

  @Test func segmentsAndCorporaAgree() throws {
    #expect(fixture.segments.count == 400 && fixture.corpora.count == 40)
    for (index, recorded) in (fixture.segments + fixture.corpora).enumerated() {
      let chosen = recorded.segments ?? [index]
      for (unit, counts, rate) in [
        (ErrorRate.Unit.word, recorded.words, recorded.wer),
        (.character, recorded.characters, recorded.cer),
      ] {
        let score = try ErrorRate(unit).corpusScore(
          hypotheses: chosen.map { fixture.hypotheses[$0] },
          references: [chosen.map { fixture.references[$0] }])
        #expect(abs(score.value - 100 * rate) <= 1e-9, "\(unit) \(index)")
        let found = score.counts
        #expect(found.edits == counts[1] + counts[2] + counts[3])
        #expect(found.insertions - found.deletions == counts[2] - counts[3])
        // jiwer takes any of the shortest ways, this the one that keeps most.
        #expect(found.hits >= counts[0])
      }
    }
  }
}
